// A copy of what was typed and could not be saved, in this browser, until it is.

const SKIPPED = new Set(["version", "csrfmiddlewaretoken"]);

/** The form's fields as [name, value] pairs; files are not text and stay out. */
export function fieldsOf(form) {
  return [...new FormData(form)].filter(([name, value]) => !SKIPPED.has(name) && typeof value === "string");
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

export class DraftCopy {
  constructor(draft) {
    this.key = `remit:draft:${draft}`;
  }

  /** False when the browser refuses (private mode, no room). */
  keep(form) {
    try {
      localStorage.setItem(this.key, JSON.stringify({ at: new Date().toISOString(), fields: fieldsOf(form) }));
      return true;
    } catch {
      return false;
    }
  }

  drop() {
    localStorage.removeItem(this.key);
  }

  /** When the kept copy was made, if it says anything that the form does not. */
  unsaved(form) {
    const copy = this.#read();
    if (copy && !same(copy.fields, fieldsOf(form))) return new Date(copy.at);
    if (copy) this.drop();
    return null;
  }

  /** Puts the copy into the form; returns the values that have no field any more. */
  restore(form) {
    const byName = Map.groupBy(this.#read()?.fields ?? [], ([name]) => name);
    const homeless = [];
    for (const [name, pairs] of byName) {
      const values = pairs.map(([, value]) => value);
      if (!fill(form, name, values)) homeless.push(...values.filter(Boolean));
    }
    return homeless;
  }

  #read() {
    try {
      return JSON.parse(localStorage.getItem(this.key));
    } catch {
      return null;
    }
  }
}

function fill(form, name, values) {
  const fields = [...form.elements].filter((field) => field.name === name);
  const rest = [...values];
  for (const field of fields) {
    if (field.type === "radio" || field.type === "checkbox") field.checked = values.includes(field.value);
    else if (field.multiple && field.options) for (const option of field.options) option.selected = values.includes(option.value);
    else field.value = rest.shift() ?? "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  return fields.length > 0;
}
