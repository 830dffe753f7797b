// Sentences of scripts in the page's language: Django's catalogue of it comes before the scripts, except in English.
// `{name}` in a sentence is filled from the values.
const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (hole, name) => (name in values ? values[name] : hole));

export const say = (sentence, values = {}) => fill(window.gettext ? window.gettext(sentence) : sentence, values);

export const plural = (one, many, number, values = {}) =>
  fill(window.ngettext ? window.ngettext(one, many, number) : number === 1 ? one : many, { number, ...values });
