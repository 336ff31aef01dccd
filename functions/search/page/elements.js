// What the page and its player are made of: elements, addresses, the facts of a hit.
// Everything that comes from a camera, an engine or a caller is untrusted text: it only ever becomes textContent, and each text has its
// own direction, so that an override in one does not turn its neighbours around.

export const KINDS = { image: "Picture", video: "Clip", sequence: "Picture series", audio: "Sound" };
const LABELS = { human: "Person", package: "Package", pet: "Pet", vehicle: "Vehicle" };
const MOST_TAGS = 6;

export const $ = (selector, root = document) => root.querySelector(selector);

export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined && text !== null) {
    element.textContent = text;
    element.dir = "auto";
  }
  return element;
}

export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(svg.namespaceURI, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const tail = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

// Only what a browser may load as a picture or a film; anything else counts as absent.
export function mediaAddress(text) {
  if (!text || !URL.canParse(text, location.href)) return null;
  const url = new URL(text, location.href);
  return ["http:", "https:"].includes(url.protocol) ? url.href : null;
}

export function quiet(text, act, label) {
  const button = make("button", "quiet", text);
  button.type = "button";
  if (label) button.setAttribute("aria-label", label);
  button.addEventListener("click", act);
  return button;
}

// ---- the address is the state -------------------------------------------------------------------

// What a search may be asked for, in the order in which the address has it.
const ASKED = ["q", "similar", "namespace", "min_quality", "tag"];

export function wanted() {
  const told = new URLSearchParams(location.search);
  const asked = Object.fromEntries(ASKED.map((name) => [name, told.get(name) ?? ""]));
  return { ...asked, page: Number.parseInt(told.get("page") ?? "1", 10) || 1 };
}

export function parameters(target) {
  return new URLSearchParams(ASKED.filter((name) => target[name]).map((name) => [name, target[name]]));
}

export function address(target) {
  if (!target.q && !target.similar) return location.pathname;
  const asked = parameters(target);
  if (target.page > 1) asked.set("page", target.page);
  return `?${asked}`;
}

// A link within the page: a click goes there without loading it again.
export function link(text, className, target) {
  const element = make("a", className, text);
  element.href = address(target);
  element.dataset.inside = "";
  return element;
}

// ---- the facts of a hit -------------------------------------------------------------------------

function moment(iso) {
  const date = iso ? new Date(iso) : null;
  if (!date || Number.isNaN(date.getTime())) return null;
  const element = make("time", "", new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(date));
  element.dateTime = iso;
  return element;
}

export function facts(hit, mostTags = MOST_TAGS) {
  const list = make("ul", "facts");
  const add = (className, content) => {
    const item = make("li", className);
    item.append(content);
    list.append(item);
  };
  const { quality, tags = [] } = hit.found ?? {};
  const time = moment(hit.time);
  if (time) add("", time);
  if (hit.device) add("device", hit.device);
  if (quality !== undefined) add("quality", `Quality ${Math.round(quality)}`);
  const labels = hit.labels.map((label) => LABELS[label] ?? label);
  for (const label of labels) add("label", label);
  const told = new Set(labels.map((label) => label.toLowerCase()));
  for (const tag of tags.filter(({ name }) => !told.has(name.toLowerCase())).slice(0, mostTags)) add("label", tagLink(tag.name));
  return list;
}

function tagLink(name) {
  if (name.includes(",")) return name; // which tells tags apart in an address
  const target = wanted();
  const tags = target.tag.split(",").filter(Boolean);
  const element = link(name, "tag", { ...target, tag: [...new Set([...tags, name])].join(","), page: 1 });
  element.title = `Only what has the tag ${name}`;
  return element;
}
