// The recording beside the page in which one types: heard and halted by keys, from wherever one
// writes. The browser's own player works without this file.

const sound = document.getElementById("player-sound");
const place = document.getElementById("player");
const which = document.getElementById("player-which");
const state = document.getElementById("player-state");
const STEP = Number(place.dataset.step);
const SPEEDS = [1, 0.75, 0.5];
const GONE = "録音を読めません。消す日が来たか、聴けなくなっています。";

const say = (words) => (state.textContent = words);

const play = () => (sound.paused ? sound.play().catch(() => say(GONE)) : sound.pause());

function move(seconds) {
  sound.currentTime = Math.max(0, sound.currentTime + seconds);
}

function slower() {
  const next = (SPEEDS.indexOf(sound.playbackRate) + 1) % SPEEDS.length;
  sound.playbackRate = sound.defaultPlaybackRate = SPEEDS[next];
  say(SPEEDS[next] === 1 ? "ふつうの速さ" : `${SPEEDS[next]}倍の速さ`);
}

const KEYS = { KeyP: play, KeyQ: () => move(-STEP), KeyW: () => move(STEP), KeyL: slower };

document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.isComposing) return;
  const act = KEYS[event.code];
  if (!act) return;
  event.preventDefault();
  act();
});

which?.addEventListener("change", () => {
  sound.src = which.value;
  say("");
});
sound.addEventListener("error", () => say(GONE));
place.querySelector(".player-keys").hidden = false;
place.dataset.ready = "1";
