// The card that explains a finding at its place in the text.

const SEVERITY = { block: "blocks", warn: "warning", info: "note" };
const TIER = { limit: "Limit", ethics: "Ethics", guideline: "Guideline", default: "Default" };

function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children.filter(Boolean));
  return element;
}

const tierName = ({ tier, rule = "" }) => (rule.startsWith("honesty.") ? "Honesty" : TIER[tier]);

function entry(finding, view, applyFix) {
  const { code, title, message, why, fix, replacement, about, severity, tier } = finding;
  const tierMark = make("span", { className: "tier", textContent: tierName(finding) });
  tierMark.dataset.tier = tier;
  const apply = replacement != null && make("button", { type: "button", className: "button small", textContent: "Apply fix", onclick: () => applyFix(view, finding) });
  const link = about && make("a", { href: about, textContent: `About ${code}` });
  const advice = replacement != null ? `“${replacement}”` : fix;
  const element = make(
    "div",
    { className: "pop" },
    make("p", { className: "row" }, tierMark, make("span", { className: "severity", textContent: SEVERITY[severity] }), make("code", { className: "meta", textContent: code })),
    make("p", {}, make("b", { textContent: title || message }), title && title !== message ? ` ${message}` : "", why ? ` ${why}` : ""),
    advice && make("p", { className: "meta", textContent: advice }),
    (apply || link) && make("p", { className: "row" }, apply, link),
  );
  element.dataset.severity = severity;
  return element;
}

/** One card for all findings at a place. */
export function card(findings, view, applyFix) {
  return make("div", { className: "float finding-card" }, ...findings.map((finding) => entry(finding, view, applyFix)));
}
