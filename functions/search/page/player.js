// The player: a hit in full, from its moment, with what was found out about it.

import { $, KINDS, clock, facts, make, mediaAddress, quiet } from "./elements.js";

// SubmitIProductionJob's functions, by what they make for people.
const MADE = {
  VideoClip: "Summary",
  VideoDelogo: "Without logos",
  VideoDetext: "Without text",
  VideoGreenScreenMatting: "Without the green screen",
  FaceBeauty: "Faces smoothed",
  VideoH2V: "Upright",
  SpeechDenoise: "Without noise",
  AudioMixing: "Mixed",
  MusicDemix: "Music",
};
// Of a film's length, as the search has it: so much of it is no moment of it.
const WHOLE = 0.95;
const PLAYERS = { video: /\.(mp4|m4v|mov|webm)$/i, audio: /\.(wav|mp3|m4a|aac|flac|ogg)$/i, image: /\.(png|jpe?g|gif|webp)$/i };

export const player = $("#player");
const stage = $(".stage", player);

export function play(hit, from) {
  $("#player-title").textContent = hit.title || KINDS[hit.kind];
  $(".story .caption", player).textContent = hit.caption || hit.brief;
  $(".facts", player).replaceWith(facts(hit, Infinity));
  explain(hit.engine);
  const found = hit.found ?? {};
  $(".found", player).replaceChildren(...[versions(hit, found), parts(hit, found), words(hit, found), sound(found), missing(found)].filter(Boolean));
  showOriginal(hit, from ?? 0);
  if (!player.open) player.showModal();
}

// ---- what is on the stage -----------------------------------------------------------------------

function showOriginal(hit, start) {
  $(".moments", player).hidden = true;
  const media = mediaAddress(hit.media_url);
  const plays = media && ["video", "audio"].includes(hit.kind);
  const shown = plays ? original(media, hit, start) : picture(media ?? mediaAddress(hit.thumbnail_url), hit.caption || hit.title || "");
  stage.replaceChildren(shown);
}

function original(media, hit, start) {
  const element = film(hit.kind, `${media}#t=${start}`);
  element.dataset.original = "";
  const cover = mediaAddress(hit.cover_url);
  if (cover && hit.kind === "video") element.poster = cover;
  element.addEventListener("loadedmetadata", () => {
    // The fragment starts most players at the moment; this settles it for the rest.
    if (Math.abs(element.currentTime - start) > 0.05) element.currentTime = Math.min(start, element.duration || start);
    timeline(element, hit.clips);
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) element.play().catch(() => {});
  });
  subtitle(element, hit.found?.captions ?? []);
  element.addEventListener("timeupdate", () => markWords(element.currentTime));
  return element;
}

function film(kind, source) {
  const element = make(kind);
  Object.assign(element, { controls: true, playsInline: true, muted: kind === "video", preload: "auto" });
  element.addEventListener("error", () => element.replaceWith(unplayable("It can't be played. Its address may have expired: search again.")));
  element.src = source;
  return element;
}

function picture(media, description) {
  if (!media) return unplayable("There is no picture to show.");
  const image = make("img");
  image.alt = description;
  image.addEventListener("error", () => image.replaceWith(unplayable("The picture can't be loaded. Its address may have expired: search again.")));
  image.src = media;
  return image;
}

function unplayable(text) {
  return make("p", "unplayable", text);
}

function jumpTo(hit, seconds) {
  if (!$("[data-original]", stage)) showOriginal(hit, seconds);
  const element = $("[data-original]", stage);
  if (!element) return;
  element.currentTime = seconds;
  element.focus();
}

function timeline(video, found) {
  const [track, list, head] = [$(".track", player), $(".moments ul", player), $(".head", player)];
  const length = video.duration;
  const clips = found.filter(({ from, to }) => to - from < WHOLE * length);
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
    item.append(quiet(`${clock(clip.from)}–${clock(clip.to)}`, jump(clip)));
    return item;
  });
  track.replaceChildren(...marks, head);
  list.replaceChildren(...items);
  video.addEventListener("timeupdate", () => head.style.setProperty("left", share(video.currentTime)));
  head.style.setProperty("left", share(video.currentTime));
  $(".moments", player).hidden = false;
}

// The player's own captions, which people turn on. They are made here since a <track> takes no SRT, and the page's policy no other address.
// A cue's text is markup of its own (WebVTT), so that what looks like it is escaped.
function subtitle(element, captions) {
  if (!captions.length || element.tagName !== "VIDEO") return;
  const track = element.addTextTrack("captions", "Captions");
  for (const { start, end, text } of captions) {
    if (end > start) track.addCue(new VTTCue(start, end, text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")));
  }
}

// ---- what was found out -------------------------------------------------------------------------

function section(title, className, ...content) {
  const box = make("section", className);
  box.append(make("h3", "", title), ...content);
  return box;
}

function outside(text, media) {
  const element = make("a", "", text);
  Object.assign(element, { href: media, target: "_blank", rel: "noopener noreferrer" });
  return element;
}

function versions(hit, { derived = [] }) {
  const items = derived.flatMap(({ function: name, key, url }) => {
    const media = mediaAddress(url);
    const kind = Object.keys(PLAYERS).find((candidate) => PLAYERS[candidate].test(key));
    const title = [MADE[name] ?? name, part(name, key)].filter(Boolean).join(": ");
    if (!media) return [];
    return [kind ? quiet(title, () => showMade(kind, media, title)) : outside(title, media)];
  });
  if (!items.length) return null;
  const row = make("p", "row");
  row.append(quiet("Original", () => showOriginal(hit, 0)), ...items);
  return section("Made of it", "versions", row);
}

// What tells the outputs of one function apart: `vocal` of `MusicDemix-vocal.wav`.
function part(name, key) {
  const file = key.split("/").at(-1).replace(/\.[^.]*$/, "");
  return file.startsWith(`${name}-`) ? file.slice(name.length + 1) : "";
}

function showMade(kind, media, title) {
  $(".moments", player).hidden = true;
  const shown = kind === "image" ? picture(media, title) : film(kind, media);
  stage.replaceChildren(shown);
  if (kind !== "image") shown.focus();
}

function parts(hit, { choruses = [], beats_per_minute: pace }) {
  if (!choruses.length && !pace) return null;
  const row = make("p", "row");
  if (pace) row.append(make("span", "", `${Math.round(pace)} beats a minute`));
  for (const { start, end, text } of choruses) {
    row.append(quiet(`${text || "Chorus"} ${clock(start)}–${clock(end)}`, () => jumpTo(hit, start)));
  }
  return section("Music", "music", row);
}

function words(hit, { captions = [], captions_url: file, captions_cut: isCut }) {
  if (!captions.length) return null; // a film in which nothing is written or said has a file, too, an empty one
  const whole = mediaAddress(file);
  const list = make("ol", "words");
  for (const { start, text } of captions) {
    const item = make("li");
    const button = quiet(clock(start), () => jumpTo(hit, start), `Play from ${clock(start)}`);
    item.dataset.start = start;
    item.append(button, make("span", "", text));
    list.append(item);
  }
  const box = section("Words", "captions", list);
  if (whole) box.append(outside(isCut ? "All of them, as a file (SRT)" : "As a file (SRT)", whole));
  return box;
}

function markWords(now) {
  let current = null;
  for (const item of player.querySelectorAll(".words li")) {
    item.removeAttribute("aria-current");
    if (Number(item.dataset.start) <= now) current = item;
  }
  current?.setAttribute("aria-current", "true");
}

function sound({ sound: measures = {} }) {
  const names = Object.keys(measures);
  if (!names.length) return null;
  const list = make("ul", "measures");
  list.append(...names.map((name) => make("li", "", `${name}: ${measures[name]}`)));
  return section("Sound", "sound", list);
}

function missing({ gaps = [] }) {
  if (!gaps.length) return null;
  const list = make("ul", "measures");
  list.append(...gaps.map(({ job, reason }) => make("li", "", `${job}: ${reason}`)));
  return section("What is missing", "gaps", list);
}

function explain(engine) {
  const details = $(".engine", player);
  details.hidden = !engine;
  details.open = false;
  if (!engine) return;
  const unseen = engine.cannot_see.length ? ` It cannot see: ${engine.cannot_see.join(", ")}.` : "";
  $("p", details).textContent = `${engine.name}.${unseen} ${engine.notes.join(" ")}`.trim();
}

player.addEventListener("close", () => stage.replaceChildren());
player.addEventListener("click", (event) => {
  // A click beside the dialog lands on the dialog itself: on its backdrop.
  if (event.target === player || event.target.closest(".close")) player.close();
});

