// The search page: asks /search, shows what it answers, plays a hit from its moment.

import { $, KINDS, address, clock, facts, icon, link, make, mediaAddress, parameters, quiet, wanted } from "./elements.js";
import { play, player } from "./player.js";

const PAGE_SIZE = 10;
const FIELDS = ["q", "namespace", "min_quality", "tag"];
const form = $("#search");
const results = $("#results");
const status = $("#status");
const pages = $("#pages");
let underway = null;

// ---- asking -------------------------------------------------------------------------------------

function go(target) {
  follow(address(target));
}

function follow(next) {
  if (next !== address(wanted())) history.pushState(null, "", next);
  show();
}

async function show() {
  const target = wanted();
  underway?.abort();
  underway = null;
  if (player.open) player.close();
  for (const name of FIELDS) form.elements[name].value = target[name];
  const isAsked = target.q || target.similar;
  document.title = target.q ? `${target.q} · Sightline` : "Sightline";
  document.body.dataset.view = isAsked ? "results" : "start";
  clear();
  if (!isAsked) return;
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

async function ask(target, signal) {
  const asked = parameters(target);
  asked.set("page", target.page);
  asked.set("page_size", PAGE_SIZE);
  const unreachable = { message: "Sightline can't be reached.", fix: "Check that it is still running and that you are connected, then try again." };
  const answer = await fetch(`search?${asked}`, { signal, headers: { accept: "application/json" } }).catch((error) => {
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
  const again = quiet("Try again", show);
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
  const lines = [make("p", "", found.hint ?? "A few things that help:")];
  if (target.q && !found.sifted?.of) lines.push(advice);
  const title = found.similar ? `Nothing like ${found.similar.title || found.similar.key}` : "Nothing looks like that.";
  notice(target.page > 1 && found.total ? `There is no page ${target.page}.` : title, lines);
}

function render(found, target) {
  clear();
  if (!found.hits.length) {
    nothing(found, target);
    return;
  }
  tellCount(found);
  if (found.hint) results.append(make("p", "hint", found.hint));
  const list = make("ol", "hits");
  list.start = (found.page - 1) * found.page_size + 1;
  list.append(...found.hits.map(card));
  results.append(list);
  turnPages(found, target);
}

function tellCount({ total, namespace, similar, sifted }) {
  const atLeast = sifted && !sifted.is_all ? "At least " : "";
  status.textContent = `${atLeast}${total} ${total === 1 ? "result" : "results"}`;
  if (similar) {
    const name = similar.title || similar.key;
    status.append(" like ", make("bdi", "", name));
    document.title = `Like ${name} · Sightline`;
  }
  if (namespace) status.append(" in ", make("bdi", "", namespace));
}

function turnPages(found, target) {
  const last = Math.ceil(found.total / found.page_size);
  if (last < 2) return;
  const turn = (text, page, rel) => {
    if (page < 1 || page > last) {
      const element = make("a", "", text);
      element.setAttribute("aria-disabled", "true");
      return element;
    }
    const element = link(text, "", { ...target, page });
    element.rel = rel;
    return element;
  };
  const place = found.sifted && !found.sifted.is_all ? `Page ${found.page}` : `Page ${found.page} of ${last}`;
  pages.append(turn("Previous", found.page - 1, "prev"), make("span", "", place), turn("Next", found.page + 1, "next"));
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
  const told = facts(hit);
  if (hit.has_embedding) told.append(likeLink(hit));
  body.append(heading, make("p", "caption", hit.caption || hit.brief), told, momentButtons(hit));
  item.append(frame(hit), body, score(hit.score));
  return item;
}

function likeLink(hit) {
  const { namespace } = wanted();
  const element = link("Similar", "like", { similar: hit.media_id, namespace });
  element.setAttribute("aria-label", `Find what looks like ${hit.title || KINDS[hit.kind]}`);
  const item = make("li");
  item.append(element);
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

function momentButtons(hit) {
  const list = make("p", "clips");
  if (hit.kind !== "video") return list;
  // A button says a second, so that one is enough for all within it; the player has each.
  const starts = new Map();
  for (const { from } of hit.clips) {
    if (!starts.has(clock(from))) starts.set(clock(from), from);
  }
  if (starts.size > 1) list.append(...Array.from(starts, ([second, from]) => quiet(second, () => play(hit, from), `Play from ${second}`)));
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

// ---- what people do -----------------------------------------------------------------------------

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (matchMedia("(pointer: coarse)").matches) form.elements.q.blur(); // puts the phone's keyboard away
  const asked = inForm();
  // Who changes a filter beside what is similar to something stays there.
  go({ ...asked, similar: asked.q ? "" : wanted().similar, page: 1 });
});

function inForm() {
  return Object.fromEntries(FIELDS.map((name) => [name, form.elements[name].value.trim()]));
}

document.addEventListener("click", (event) => {
  const chosen = event.target.closest("a[data-query], a[data-inside], a[data-home]");
  if (!chosen || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  if ("inside" in chosen.dataset) follow(chosen.getAttribute("href"));
  else go({ ...inForm(), q: chosen.dataset.query ?? "", similar: "", page: 1 });
  window.scrollTo(0, 0);
  if ("inside" in chosen.dataset) results.focus({ preventScroll: true });
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea");
  if (event.key !== "/" || typing || player.open || event.metaKey || event.ctrlKey || event.altKey) return;
  event.preventDefault();
  form.elements.q.focus();
  form.elements.q.select();
});

addEventListener("popstate", show);
show();
