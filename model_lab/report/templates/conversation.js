"use strict";
const HELD_S = 0.3; // a word stays marked over a short pause, and one of no duration is seen at all
const STEP_S = 5;
const player = document.querySelector("audio");
const tracks = document.querySelector(".tracks");
const playhead = document.querySelector(".playhead");
const speaking = document.querySelector(".player .now");
const words = [...document.querySelectorAll(".said p [data-at]")];
const starts = Float64Array.from(words, (word) => word.dataset.at);
const chapters = [...document.querySelectorAll(".chapters li")];
const duration = tracks ? Number(tracks.getAttribute("aria-valuemax")) : 0;
let playing = null;
let second = -1;
let frame = 0;

function clock(time) {
  const parts = [Math.floor(time / 60) % 60, Math.floor(time) % 60].map((part) => String(part).padStart(2, "0"));
  return `${Math.floor(time / 3600)}:${parts.join(":")}`;
}

function heard(time) {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= time) low = middle + 1;
    else high = middle;
  }
  const word = words[low - 1];
  return word && time < Number(word.dataset.to) + HELD_S ? word : null;
}

function inSight(element) {
  const box = element.getBoundingClientRect();
  return box.height > 0 && box.top >= player.parentElement.getBoundingClientRect().bottom && box.bottom <= innerHeight;
}

// The page scrolls along for those who look at what is being said, and stays where it is for all others.
function follow(before, after) {
  if (before && !player.paused && inSight(before) && !inSight(after)) after.scrollIntoView({ block: "center" });
}

function mark(word) {
  if (word === playing) return;
  const [before, after] = [playing, word].map((one) => one?.closest(".said"));
  playing?.classList.remove("playing");
  word?.classList.add("playing");
  playing = word;
  if (!after || after.classList.contains("now")) return;
  const last = document.querySelector(".said.now");
  last?.classList.remove("now");
  after.classList.add("now");
  speaking?.replaceChildren(...[...after.querySelectorAll(".letter, .name")].map((part) => part.cloneNode(true)));
  follow(before ?? last, after);
}

function paint() {
  const time = player.currentTime;
  mark(heard(time + 0.001)); // the player rounds to microseconds, down too
  if (tracks) playhead.style.left = `${(100 * time) / duration}%`;
  if (Math.floor(time) === second) return;
  second = Math.floor(time);
  tracks?.setAttribute("aria-valuenow", second);
  tracks?.setAttribute("aria-valuetext", clock(time));
  const begun = chapters.findLastIndex((chapter) => Number(chapter.querySelector("[data-at]").dataset.at) <= time + 0.001);
  chapters.forEach((chapter, number) => (number === begun ? chapter.setAttribute("aria-current", "true") : chapter.removeAttribute("aria-current")));
}

function animate() {
  paint();
  cancelAnimationFrame(frame);
  if (!player.paused) frame = requestAnimationFrame(animate);
}

function seek(time) {
  player.currentTime = Math.max(0, Math.min(time, player.duration || duration));
  paint();
}

function play() {
  player.play().catch(() => {}); // a pause that comes first is no fault; of any other the player itself tells
}

player.addEventListener("play", animate);
player.addEventListener("timeupdate", paint);
player.addEventListener("seeking", paint);

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-at]");
  if (!target || (event.detail && getSelection().toString())) return; // whoever selects text does not ask to hear it
  if (!target.matches("button")) choose(target);
  seek(Number(target.dataset.at));
  play();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || (event.key === " " && event.target === player)) return; // its own space works
  const step = { ArrowLeft: -STEP_S, ArrowRight: STEP_S }[event.key];
  if (event.key === " " && !event.target.closest("input, button, a, summary, [role=button]")) {
    if (player.paused) play();
    else player.pause();
  } else if (step && !event.target.closest("input, .scroll, .transcript")) {
    seek(player.currentTime + step);
    event.stopPropagation(); // or the player takes a step of its own, a hundredth of the recording
  } else return;
  event.preventDefault();
}, true);

function scrub(event) {
  const box = tracks.getBoundingClientRect();
  seek(((event.clientX - box.left) / box.width) * duration);
}

tracks?.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  scrub(event);
  play();
});
tracks?.addEventListener("pointermove", (event) => {
  if (event.buttons & 1) scrub(event);
});
tracks?.addEventListener("keydown", (event) => {
  const place = { Home: 0, End: duration }[event.key];
  if (place === undefined) return;
  seek(place);
  event.preventDefault();
});

// One word of the transcript can be reached with Tab; arrows choose another.
const transcript = document.querySelector(".transcript");
let chosen = null;

function choose(word) {
  chosen?.removeAttribute("tabindex");
  chosen?.removeAttribute("role");
  word.tabIndex = 0;
  word.setAttribute("role", "button");
  chosen = word;
}

transcript?.addEventListener("keydown", (event) => {
  if (event.target !== chosen) return;
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (event.key === "Enter" || event.key === " ") chosen.click();
  else if (step) {
    let place = words.indexOf(chosen) + step;
    while (words[place]?.closest(".said").hidden) place += step;
    if (!words[place]) return;
    choose(words[place]);
    chosen.focus();
  } else return;
  event.preventDefault();
});
if (words.length) choose(words[0]);

const filter = document.querySelector(".search .filter");
const counted = document.querySelector(".search output");
const utterances = [...document.querySelectorAll(".said")];
const texts = [];
let due = 0;

function search() {
  if (!texts.length) texts.push(...utterances.map((said) => said.textContent.toLowerCase()));
  const wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  utterances.forEach((said, number) => {
    said.hidden = !wanted.every((part) => texts[number].includes(part));
    if (!said.hidden) shown += 1;
  });
  for (const heading of transcript.querySelectorAll("h3")) heading.hidden = wanted.length > 0;
  counted.textContent = wanted.length ? `${shown} of ${utterances.length} utterances` : "";
  if (chosen.closest(".said").hidden) choose(words.find((word) => !word.closest(".said").hidden) ?? chosen);
}

filter?.addEventListener("input", () => {
  clearTimeout(due);
  due = setTimeout(search, 100);
});
