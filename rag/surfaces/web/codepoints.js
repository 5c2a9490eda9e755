// Offsets of the library count Unicode code points; strings of JavaScript count UTF-16 units.

/** How many code points `text` has. */
export function length(text) {
  let points = 0;
  for (let index = 0; index < text.length; index += text.codePointAt(index) > 0xffff ? 2 : 1) points += 1;
  return points;
}

/** The UTF-16 indices in `text` of code point `offsets`, in the order in which they are given. */
export function indices(text, offsets) {
  const order = offsets.map((offset, place) => ({ offset, place })).sort((a, b) => a.offset - b.offset);
  const found = new Array(offsets.length);
  let index = 0;
  let points = 0;
  for (const { offset, place } of order) {
    while (points < offset && index < text.length) {
      index += text.codePointAt(index) > 0xffff ? 2 : 1;
      points += 1;
    }
    found[place] = index;
  }
  return found;
}

/**
 * `text` in pieces: {text, kind}, where `spans` are {start, end, kind} in code points. Where spans overlap, the one
 * that comes first in `spans` wins and the others are left out.
 */
export function pieces(text, spans) {
  const chosen = [];
  for (const span of spans) {
    const apart = chosen.every((other) => span.end <= other.start || other.end <= span.start);
    if (span.end > span.start && apart) chosen.push(span);
  }
  chosen.sort((a, b) => a.start - b.start);
  const at = indices(text, chosen.flatMap((span) => [span.start, span.end]));
  const found = [];
  let done = 0;
  chosen.forEach((span, number) => {
    const [start, end] = [at[2 * number], at[2 * number + 1]];
    found.push({ text: text.slice(done, start), kind: null }, { text: text.slice(start, end), kind: span.kind });
    done = end;
  });
  found.push({ text: text.slice(done), kind: null });
  return found.filter((piece) => piece.text);
}
