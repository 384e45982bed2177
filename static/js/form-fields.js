// The fields of a form as a draft keeps them: {name: [texts]}, with an empty list where nothing of a
// group is chosen. Never passwords, codes, files, or the keys that a page is made with.

const APART = new Set(["csrfmiddlewaretoken", "submit_key", "draft_key"]);
const SECRET = /csrf|pass|token|secret|otp|code|credential|recovery/i;
const NO_TEXT = new Set(["file", "password", "submit", "button", "image", "reset"]);
const TICKED = new Set(["checkbox", "radio"]);
// Ids, keys, versions and choices, which nobody typed.
const CARRIED = /^[!-~]{0,40}$/;
const OF_FORMSET = /-(?:TOTAL|INITIAL|MIN_NUM|MAX_NUM)_FORMS$/;
// Which row of a formset is which.
const ROW_OF = /(?:-INITIAL_FORMS|-\d+-id)$/;

function kept(form) {
  return [...form.elements].filter(
    ({ name, type }) => name && !APART.has(name) && !SECRET.test(name) && !NO_TEXT.has(type),
  );
}

function valuesOf(field) {
  if (TICKED.has(field.type)) return field.checked ? [field.value] : [];
  if (field.type === "select-multiple") return [...field.selectedOptions].map(({ value }) => value);
  return [field.value];
}

export function fieldsOf(form) {
  const found = {};
  for (const field of kept(form)) (found[field.name] ??= []).push(...valuesOf(field));
  return found;
}

export function same(one, other) {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => JSON.stringify(one[name]) === JSON.stringify(other[name]));
}

// Puts the texts where they were typed. What the page carries to tell its own rows stays.
export function fill(form, fields) {
  const left = Object.fromEntries(Object.entries(fields).map(([name, values]) => [name, [...values]]));
  for (const field of kept(form)) {
    const values = left[field.name];
    if (!values || OF_FORMSET.test(field.name)) continue;
    if (TICKED.has(field.type)) field.checked = values.includes(field.value);
    else if (field.type === "select-multiple") {
      for (const option of field.options) option.selected = values.includes(option.value);
    } else if (field.tagName === "SELECT") {
      const value = values.shift();
      if ([...field.options].some((option) => option.value === value)) field.value = value;
    } else if (values.length) field.value = values.shift();
  }
}

// Whether the page has the same rows as when the texts were typed.
export function fits(form, fields) {
  const page = fieldsOf(form);
  const names = new Set([...Object.keys(page), ...Object.keys(fields)].filter((name) => ROW_OF.test(name)));
  return [...names].every((name) => {
    const value = fields[name]?.[0] ?? "";
    return value === (page[name]?.[0] ?? "");
  });
}

// Texts that someone typed, and for which this page has no field: all of them, if `fields` don't fit.
export function homeless(form, fields) {
  const here = fits(form, fields) ? fieldsOf(form) : {};
  return Object.entries(fields)
    .filter(([name]) => name !== "?" && !name.startsWith("initial-") && !(name in here))
    .flatMap(([, values]) => values)
    .filter((text) => text.trim() && !CARRIED.test(text));
}
