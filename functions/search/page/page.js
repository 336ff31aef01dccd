// The search page: asks /search, shows what it answers, plays a hit from its moment.
// Everything that comes from a camera, an engine or a caller is untrusted text: it only ever becomes textContent, and each text has its
// own direction, so that an override in one does not turn its neighbours around.

const PAGE_SIZE = 10;
const LABELS = { human: "Person", package: "Package", pet: "Pet", vehicle: "Vehicle" };
const KINDS = { image: "Picture", video: "Clip", sequence: "Picture series" };

const $ = (selector, root = document) => root.querySelector(selector);
const form = $("#search");
const results = $("#results");
const status = $("#status");
const pages = $("#pages");
const player = $("#player");
let underway = null;

// ---- small makers -------------------------------------------------------------------------------

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined && text !== null) {
    element.textContent = text;
    element.dir = "auto";
  }
  return element;
}

function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(svg.namespaceURI, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const tail = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

// Only what a browser may load as a picture or a film; anything else counts as absent.
function mediaAddress(text) {
  if (!text || !URL.canParse(text, location.href)) return null;
  const url = new URL(text, location.href);
  return ["http:", "https:"].includes(url.protocol) ? url.href : null;
}

function moment(iso) {
  const date = iso ? new Date(iso) : null;
  if (!date || Number.isNaN(date.getTime())) return null;
  const element = make("time", "", new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(date));
  element.dateTime = iso;
  return element;
}

// ---- the address is the state -------------------------------------------------------------------

function wanted() {
  const asked = new URLSearchParams(location.search);
  return { q: asked.get("q") ?? "", namespace: asked.get("namespace") ?? "", page: Number.parseInt(asked.get("page") ?? "1", 10) || 1 };
}

function address({ q, namespace, page }) {
  const parameters = new URLSearchParams({ q });
  if (namespace) parameters.set("namespace", namespace);
  if (page > 1) parameters.set("page", page);
  return q ? `?${parameters}` : location.pathname;
}

function go(target) {
  const next = address(target);
  if (next !== address(wanted())) history.pushState(null, "", next);
  show();
}

async function show() {
  const target = wanted();
  underway?.abort();
  underway = null;
  if (player.open) player.close();
  form.elements.q.value = target.q;
  form.elements.namespace.value = target.namespace;
  document.title = target.q ? `${target.q} · Sightline` : "Sightline";
  document.body.dataset.view = target.q ? "results" : "start";
  clear();
  if (!target.q) return;
  const turn = new AbortController();
  underway = turn;
  waiting();
  try {
    render(await ask(target, turn.signal), target);
  } catch (error) {
    if (!turn.signal.aborted) failed(error);
  } finally {
    if (underway === turn) results.setAttribute("aria-busy", "false");
  }
}

class Refusal extends Error {
  constructor({ message, fix }) {
    super(message);
    this.fix = fix;
  }
}

async function ask({ q, namespace, page }, signal) {
  const parameters = new URLSearchParams({ q, page, page_size: PAGE_SIZE });
  if (namespace) parameters.set("namespace", namespace);
  const unreachable = { message: "Sightline can't be reached.", fix: "Check that it is still running and that you are connected, then try again." };
  const answer = await fetch(`search?${parameters}`, { signal, headers: { accept: "application/json" } }).catch((error) => {
    throw signal.aborted ? error : new Refusal(unreachable);
  });
  const content = await answer.json().catch(() => null);
  if (answer.ok && content) return content;
  // The gateway in front of the function has errors of its own form: a sentence beyond its 4 KB, for one.
  const message = content?.Message ?? `The search failed (HTTP ${answer.status}).`;
  throw new Refusal(content?.error ?? { message, fix: answer.status < 500 ? "Ask in a shorter sentence." : "Try again in a moment." });
}

// ---- the states of the page ---------------------------------------------------------------------

function clear() {
  results.replaceChildren();
  pages.replaceChildren();
  pages.hidden = true;
  status.textContent = "";
}

function waiting() {
  status.textContent = "Searching…";
  results.setAttribute("aria-busy", "true");
  for (let index = 0; index < 3; index += 1) {
    const ghost = make("div", "hit ghost");
    ghost.append(make("div", "frame"), make("div", "lines"));
    results.append(ghost);
  }
}

function notice(title, lines, action) {
  const box = make("div", "notice");
  box.append(make("h2", "", title), ...lines);
  if (action) box.append(action);
  results.replaceChildren(box);
}

function failed(error) {
  clear();
  const again = make("button", "quiet", "Try again");
  again.type = "button";
  again.addEventListener("click", show);
  const fix = error instanceof Refusal ? error.fix : "Reload the page.";
  notice(error.message, fix ? [make("p", "fix", fix)] : [], again);
  results.firstChild.classList.add("error");
  results.firstChild.setAttribute("role", "alert");
}

function nothing(found, target) {
  const advice = make("ul", "advice");
  for (const line of [
    "Write one full sentence that says who does what: “Children playing in a park”.",
    "Name one or two things. Every further detail, such as a colour and a bag, can make a hit a partial one.",
    "Say what a camera can see; a mood or the name of a small place it cannot.",
  ]) {
    advice.append(make("li", "", line));
  }
  status.textContent = "No results.";
  const lines = [found.hint ? make("p", "", found.hint) : make("p", "", "A few things that help:"), advice];
  notice(target.page > 1 && found.total ? `There is no page ${target.page}.` : "Nothing looks like that.", lines);
}

function render(found, target) {
  clear();
  if (!found.hits.length) {
    nothing(found, target);
    return;
  }
  const count = found.total === 1 ? "1 result" : `${found.total} results`;
  status.textContent = found.namespace ? `${count} in ` : count;
  if (found.namespace) status.append(make("bdi", "", found.namespace));
  if (found.hint) results.append(make("p", "hint", found.hint));
  const list = make("ol", "hits");
  list.start = (found.page - 1) * found.page_size + 1;
  list.append(...found.hits.map(card));
  results.append(list);
  turnPages(found, target);
}

function turnPages(found, target) {
  const last = Math.ceil(found.total / found.page_size);
  if (last < 2) return;
  const link = (text, page, rel) => {
    const element = make("a", "", text);
    if (page < 1 || page > last) {
      element.setAttribute("aria-disabled", "true");
      return element;
    }
    element.rel = rel;
    element.href = address({ ...target, page });
    element.dataset.page = page;
    return element;
  };
  pages.append(link("Previous", found.page - 1, "prev"), make("span", "", `Page ${found.page} of ${last}`), link("Next", found.page + 1, "next"));
  pages.hidden = false;
}

// ---- one hit ------------------------------------------------------------------------------------

function card(hit) {
  const item = make("li", "hit");
  const open = make("button", "open", hit.title || KINDS[hit.kind]);
  open.type = "button";
  open.addEventListener("click", () => play(hit, hit.starts_at));
  const heading = make("h2");
  heading.append(open);
  const body = make("div", "body");
  body.append(heading, make("p", "caption", hit.caption || hit.brief), facts(hit), momentButtons(hit));
  item.append(frame(hit), body, score(hit.score));
  return item;
}

function frame(hit) {
  const box = make("div", "frame");
  const picture = mediaAddress(hit.thumbnail_url ?? (hit.kind === "image" ? hit.media_url : null));
  if (picture) {
    const image = make("img");
    image.alt = "";
    image.loading = "lazy";
    image.addEventListener("error", () => image.replaceWith(make("span", "blank")));
    image.src = picture;
    box.append(image);
  } else {
    box.append(make("span", "blank"));
  }
  const badge = make("span", "badge");
  if (hit.kind === "video") badge.append(icon("M8 5v14l11-7z"), clock(hit.starts_at ?? 0));
  else badge.textContent = KINDS[hit.kind];
  box.append(badge);
  return box;
}

function facts(hit) {
  const list = make("ul", "facts");
  const time = moment(hit.time);
  const add = (className, content) => {
    const item = make("li", className);
    item.append(content);
    list.append(item);
  };
  if (time) add("", time);
  if (hit.device) add("device", hit.device);
  for (const label of hit.labels) add(`label ${LABELS[label] ? label : ""}`.trim(), LABELS[label] ?? label);
  return list;
}

function momentButtons(hit) {
  const list = make("p", "clips");
  if (hit.kind !== "video" || hit.clips.length < 2) return list;
  for (const clip of hit.clips) {
    const button = make("button", "quiet", clock(clip.from));
    button.type = "button";
    button.setAttribute("aria-label", `Play from ${clock(clip.from)}`);
    button.addEventListener("click", () => play(hit, clip.from));
    list.append(button);
  }
  return list;
}

function score(value) {
  const element = make("p", "score", value.toFixed(2));
  element.title = `Score ${value.toFixed(2)} of 1`;
  element.setAttribute("aria-label", element.title);
  const bar = make("span", "bar");
  const fill = make("span");
  fill.style.setProperty("width", `${Math.round(Math.min(1, Math.max(0, value)) * 100)}%`);
  bar.append(fill);
  element.append(bar);
  return element;
}

// ---- the player ---------------------------------------------------------------------------------

function play(hit, from) {
  const start = from ?? 0;
  $("#player-title").textContent = hit.title || KINDS[hit.kind];
  $(".caption", player).textContent = hit.caption || hit.brief;
  $(".facts", player).replaceWith(facts(hit));
  explain(hit.engine);
  $(".moments", player).hidden = true;
  const media = mediaAddress(hit.media_url);
  const shown = hit.kind === "video" && media ? film(media, hit, start) : picture(media ?? mediaAddress(hit.thumbnail_url), hit);
  $(".stage", player).replaceChildren(shown);
  if (!player.open) player.showModal();
}

function unplayable(text) {
  return make("p", "unplayable", text);
}

function picture(media, hit) {
  if (!media) return unplayable("There is no picture to show.");
  const image = make("img");
  image.alt = hit.caption || hit.title || "";
  image.addEventListener("error", () => image.replaceWith(unplayable("The picture can't be loaded. Its address may have expired: search again.")));
  image.src = media;
  return image;
}

function film(media, hit, start) {
  const video = make("video");
  Object.assign(video, { controls: true, playsInline: true, muted: true, preload: "auto" });
  video.addEventListener("error", () => video.replaceWith(unplayable("The clip can't be played. Its address may have expired: search again.")));
  video.addEventListener("loadedmetadata", () => {
    // The fragment starts most players at the moment; this settles it for the rest.
    if (Math.abs(video.currentTime - start) > 0.05) video.currentTime = Math.min(start, video.duration || start);
    timeline(video, hit.clips);
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) video.play().catch(() => {});
  });
  video.src = `${media}#t=${start}`;
  return video;
}

function timeline(video, clips) {
  const [track, list, head] = [$(".track", player), $(".moments ul", player), $(".head", player)];
  const length = video.duration;
  if (!Number.isFinite(length) || !length || !clips.length) return;
  const share = (seconds) => `${(Math.min(seconds, length) / length) * 100}%`;
  const jump = (clip) => () => {
    video.currentTime = clip.from;
    video.focus();
  };
  const marks = clips.map((clip) => {
    const mark = make("button", "mark");
    mark.type = "button";
    mark.tabIndex = -1; // the same moments follow as a list, which the keyboard reaches
    mark.title = `${clock(clip.from)} to ${clock(clip.to)}`;
    mark.setAttribute("aria-hidden", "true");
    mark.style.setProperty("left", share(clip.from));
    mark.style.setProperty("width", share(Math.max(clip.to - clip.from, 0)));
    mark.addEventListener("click", jump(clip));
    return mark;
  });
  const items = clips.map((clip) => {
    const item = make("li");
    const button = make("button", "quiet", `${clock(clip.from)}–${clock(clip.to)}`);
    button.type = "button";
    button.addEventListener("click", jump(clip));
    item.append(button);
    return item;
  });
  track.replaceChildren(...marks, head);
  list.replaceChildren(...items);
  video.addEventListener("timeupdate", () => head.style.setProperty("left", share(video.currentTime)));
  head.style.setProperty("left", share(video.currentTime));
  $(".moments", player).hidden = false;
}

function explain(engine) {
  const details = $(".engine", player);
  details.hidden = !engine;
  details.open = false;
  if (!engine) return;
  const unseen = engine.cannot_see.length ? ` It cannot see: ${engine.cannot_see.join(", ")}.` : "";
  $("p", details).textContent = `${engine.name}.${unseen} ${engine.notes.join(" ")}`.trim();
}

// ---- what people do -----------------------------------------------------------------------------

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (matchMedia("(pointer: coarse)").matches) form.elements.q.blur(); // puts the phone's keyboard away
  go({ q: form.elements.q.value.trim(), namespace: form.elements.namespace.value.trim(), page: 1 });
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-query], a[data-page], a[data-home]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  if (link.dataset.page) go({ ...wanted(), page: Number(link.dataset.page) });
  else go({ q: link.dataset.query ?? "", namespace: form.elements.namespace.value.trim(), page: 1 });
  window.scrollTo(0, 0);
  if (link.dataset.page) results.focus({ preventScroll: true });
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea");
  if (event.key !== "/" || typing || player.open || event.metaKey || event.ctrlKey || event.altKey) return;
  event.preventDefault();
  form.elements.q.focus();
  form.elements.q.select();
});

player.addEventListener("close", () => $(".stage", player).replaceChildren());
player.addEventListener("click", (event) => {
  // A click beside the dialog lands on the dialog itself: on its backdrop.
  if (event.target === player || event.target.closest(".close")) player.close();
});

addEventListener("popstate", show);
show();
