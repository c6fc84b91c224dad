// The editor's library writes a <style> element, which a strict content security policy refuses. A constructed style
// sheet is not inline style. Its rules go into the `vendor` layer, so that components.css has the last word.
import { StyleModule } from "style-mod";

const sheet = new CSSStyleSheet();
const mounted = [];

StyleModule.mount = (root, modules) => {
  const fresh = [modules].flat().filter((module) => !mounted.includes(module));
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets.push(sheet);
  if (!fresh.length) return;
  mounted.push(...fresh);
  sheet.replaceSync(`@layer vendor {\n${mounted.map((module) => module.getRules()).join("\n")}\n}`);
};
