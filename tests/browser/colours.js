// Texts by their colours. Whether a text has contrast depends on its own colour, size and weight, and on the grounds it lies on, up to
// the first opaque one: colours that were judged in one place need no second look in another. Looked at each time is what lies behind
// a veil (opacity, filters), and what lies loose (absolute, fixed, moved) with nothing opaque of its own: anything may be under it.
//
// Gives the elements that have texts in colours that are not in `known`, and the names of those colours.
known => {
  const seen = new Set(known), fresh = [], names = [], grounds = new Map();
  const isVeil = style => [style.opacity, style.filter, style.mixBlendMode].join() !== "1,none,normal";
  const isLoose = style => ["absolute", "fixed", "sticky"].includes(style.position) || style.transform !== "none";
  const isOpaque = style => style.backgroundColor.startsWith("rgb(") && style.backgroundImage === "none";
  const isClear = style => style.backgroundColor === "rgba(0, 0, 0, 0)" && style.backgroundImage === "none";
  const lying = (style, outer) => {
    if (outer.isVeiled || isVeil(style)) return { isVeiled: true, on: null };
    if (isOpaque(style)) return { on: style.backgroundColor };
    if (outer.on === null || isLoose(style)) return { on: null };
    return isClear(style) ? outer : { on: [style.backgroundColor, style.backgroundImage, outer.on].join("/") };
  };
  const ground = element => {
    if (!element) return { on: "" };
    if (!grounds.has(element)) grounds.set(element, lying(getComputedStyle(element), ground(element.parentElement)));
    return grounds.get(element);
  };
  const says = element => ["INPUT", "SELECT", "TEXTAREA"].includes(element.tagName)
    || [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
  for (const element of document.body.querySelectorAll("*")) {
    if (!says(element) || !element.checkVisibility()) continue;
    const style = getComputedStyle(element), { on } = ground(element);
    const text = [style.color, style.fontSize, style.fontWeight, style.textShadow, style.webkitTextFillColor].join();
    const name = on === null ? null : text + "|" + on;
    if (seen.has(name)) continue;
    if (name !== null) {
      seen.add(name);
      names.push(name);
    }
    fresh.push(element);
  }
  return [fresh, names];
}
