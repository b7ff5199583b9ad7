// Elements, made of text alone: names from files never become markup.

/** An element with attributes and children; a child that is no node becomes text, null is left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === 'class') made.className = value;
    else if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (key === 'dataset') Object.assign(made.dataset, value);
    else made.setAttribute(key, value === true ? '' : value);
  }
  add(made, children);
  return made;
}

/** Puts children into an element. */
export function add(parent, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : String(child));
  }
  return parent;
}

/** The element of an id, which the template has. */
export function byId(id) {
  return document.getElementById(id);
}

/** Replaces what an element holds. */
export function fill(parent, ...children) {
  parent.replaceChildren();
  return add(parent, children);
}
