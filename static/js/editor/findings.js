// Findings in the text: underlined, pinned beside the line number, explained where one points or presses F8.
import { RangeSetBuilder, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, GutterMarker, gutter, hoverTooltip, showTooltip } from "@codemirror/view";
import { card } from "./card.js";
import { offsetsOf } from "./offsets.js";

const SEVERITIES = ["block", "warn", "info"];
const TIERS = ["limit", "ethics", "guideline", "default"];

const setFindings = StateEffect.define();
const setCurrent = StateEffect.define(); // an anchor, or null

/** {found: [{from, to, finding}] in the text's order, current: anchor | null}; positions follow what is typed. */
const field = StateField.define({
  create: () => ({ found: [], current: null }),
  update(value, transaction) {
    let { found, current } = value;
    if (transaction.docChanged) {
      found = found.map((item) => moved(item, transaction.changes)).filter(({ from, to }) => from < to);
      current = null;
    }
    for (const effect of transaction.effects) {
      if (effect.is(setFindings)) found = effect.value;
      if (effect.is(setCurrent)) current = effect.value;
    }
    return found === value.found && current === value.current ? value : { found, current };
  },
  provide: (self) => [
    EditorView.decorations.compute([self], (state) => marks(state.field(self))),
    showTooltip.compute([self], (state) => tooltip(currentOf(state))),
  ],
});

const moved = ({ from, to, finding }, changes) => ({ from: changes.mapPos(from, 1), to: changes.mapPos(to, -1), finding });
const currentOf = (state) => state.field(field).found.find(({ finding }) => finding.anchor === state.field(field).current);

function marks({ found, current }) {
  const ranges = found.map(({ from, to, finding }) => {
    const attributes = { "data-severity": finding.severity };
    if (finding.anchor === current) attributes["aria-current"] = "true";
    return Decoration.mark({ class: "mark", attributes }).range(from, to);
  });
  return Decoration.set(ranges, true);
}

function tooltip(item) {
  if (!item) return null;
  return { pos: item.from, end: item.to, above: false, create: (view) => ({ dom: card([item.finding], view, applyFix) }) };
}

const hover = hoverTooltip((view, position) => {
  const { found, current } = view.state.field(field);
  const here = found.filter(({ from, to, finding }) => from <= position && position <= to && finding.anchor !== current);
  if (!here.length) return null;
  const findings = here.map(({ finding }) => finding);
  return { pos: Math.min(...here.map(({ from }) => from)), end: Math.max(...here.map(({ to }) => to)), create: () => ({ dom: card(findings, view, applyFix) }) };
});

class Pin extends GutterMarker {
  constructor(finding) {
    super();
    this.finding = finding;
  }
  eq({ finding }) {
    return finding.tier === this.finding.tier && finding.severity === this.finding.severity;
  }
  toDOM() {
    const pin = document.createElement("i");
    pin.className = "pin";
    Object.assign(pin.dataset, { tier: this.finding.tier, severity: this.finding.severity });
    return pin;
  }
}

const rank = ({ severity, tier }) => SEVERITIES.indexOf(severity) * TIERS.length + TIERS.indexOf(tier);

const pins = gutter({
  class: "cm-pins",
  markers(view) {
    const worst = new Map();
    for (const { from, finding } of view.state.field(field).found) {
      const line = view.state.doc.lineAt(from).from;
      if (!worst.has(line) || rank(finding) < rank(worst.get(line))) worst.set(line, finding);
    }
    const builder = new RangeSetBuilder();
    for (const [line, finding] of [...worst].sort(([one], [other]) => one - other)) builder.add(line, line, new Pin(finding));
    return builder.finish();
  },
  lineMarkerChange: (update) => update.startState.field(field) !== update.state.field(field),
});

/** The card goes when the person does; not when they reach into it. */
const leaving = EditorView.domEventHandlers({
  focusout: ({ relatedTarget }, view) => {
    if (!view.dom.contains(relatedTarget)) leaveCurrent(view);
  },
});

export const findingMarks = [field, hover, pins, leaving];

/** Shows `findings` (code points of the text that was checked); those whose quote is gone by now are left out. */
export function showFindings(view, findings) {
  const text = view.state.doc.toString();
  const { toUnits } = offsetsOf(text);
  const found = findings.map((finding) => locate(finding, text, toUnits)).filter(Boolean);
  view.dispatch({ effects: setFindings.of(found.sort((one, other) => one.from - other.from || one.to - other.to)) });
}

function locate(finding, text, toUnits) {
  let from = toUnits(finding.start);
  let to = Math.max(toUnits(finding.end), from);
  const { quote } = finding;
  if (quote && text.slice(from, to) !== quote) {
    from = nearest(text, quote, from); // typed since the check began
    if (from < 0) return null;
    to = from + quote.length;
  }
  if (from === to) to = Math.min(to + 1, text.length);
  return from < to ? { from, to, finding } : null;
}

function nearest(text, quote, at) {
  const after = text.indexOf(quote, at);
  const before = text.lastIndexOf(quote, at);
  if (after < 0 || before < 0) return Math.max(after, before);
  return after - at < at - before ? after : before;
}

export const found = (view) => view.state.field(field).found;

/** Selects the finding, shows its card and opens it in the list. */
export function goTo(view, item) {
  view.dispatch({
    selection: { anchor: item.from, head: item.to },
    effects: [setCurrent.of(item.finding.anchor), EditorView.scrollIntoView(item.from, { y: "center" }), EditorView.announce.of(spoken(item.finding))],
  });
  view.focus();
  const listed = document.getElementById(item.finding.anchor)?.querySelector("details");
  if (listed) listed.open = true;
}

const spoken = ({ severity, title, message, code }) => `${{ block: "Blocks", warn: "Warning", info: "Note" }[severity]}: ${title || message} (${code})`;

export function leaveCurrent(view) {
  if (view.state.field(field).current === null) return false;
  view.dispatch({ effects: setCurrent.of(null) });
  return true;
}

/** Puts a finding's replacement in place of what it quotes. */
export function applyFix(view, finding) {
  const item = found(view).find((one) => one.finding.anchor === finding.anchor);
  if (!item || finding.replacement == null) return false;
  view.dispatch({
    changes: { from: item.from, to: item.to, insert: finding.replacement },
    selection: { anchor: item.from, head: item.from + finding.replacement.length },
    userEvent: "input.fix",
    scrollIntoView: true,
  });
  view.focus();
  return true;
}
