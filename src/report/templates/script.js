"use strict";
// Reads out the figures under the pointer, zooms on time, and draws single operations.
// Everything else works without it.
const NAMES = ["p50", "p99", "max"];

function digits(value) {
  return String(Number(value.toPrecision(3)));
}

function seconds(value) {
  if (value < 0.9995e-3) return `${digits(value * 1e6)} µs`;
  if (value < 0.9995) return `${digits(value * 1e3)} ms`;
  if (value < 59.95) return `${digits(value)} s`;
  const whole = Math.round(value);
  const [first, rest] = whole < 3600
    ? [`${Math.floor(whole / 60)} min`, whole % 60 && `${whole % 60} s`]
    : [`${Math.floor(whole / 3600)} h`, Math.floor((whole % 3600) / 60) && `${Math.floor((whole % 3600) / 60)} min`];
  return rest ? `${first} ${rest}` : first;
}

function moment(at) {
  if (Math.abs(at) < 5e-4) return "0 s";
  return (at < 0 ? "−" : "+") + seconds(Math.abs(at));
}

function step(span) {
  const least = span / 8;
  if (least > 5) return [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].find((s) => s >= least) || Math.ceil(least / 3600) * 3600;
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((s) => s >= least * 0.999);
}

class Timeline {
  constructor(figure) {
    this.figure = figure;
    this.stack = figure.querySelector(".stack");
    this.times = figure.querySelector(".times");
    this.cross = figure.querySelector(".cross");
    this.now = figure.querySelector(".now");
    const style = getComputedStyle(figure);
    const from = Number(style.getPropertyValue("--v0"));
    this.all = [from, from + Number(style.getPropertyValue("--span"))];
    this.view = this.all;
    const readings = figure.querySelector("script.readings");
    this.readings = readings && JSON.parse(readings.textContent);
    this.series = this.readings && this.readings.series[0];
    this.listen();
  }

  listen() {
    this.stack.addEventListener("pointermove", (event) => this.point(event));
    this.stack.addEventListener("pointerleave", () => this.unpoint());
    this.stack.addEventListener("pointerdown", (event) => this.begin(event));
    this.stack.addEventListener("dblclick", (event) => event.target.closest(".plot") && this.zoom(this.all));
    addEventListener("pointerup", (event) => this.finish(event));
    const controls = this.figure.querySelector(".controls");
    if (!controls) return;
    controls.hidden = false;
    controls.addEventListener("click", (event) => {
      const wanted = event.target.dataset.zoom;
      if (wanted === "all") this.zoom(this.all);
      if (wanted === "closer") this.zoom(this.figure.dataset.closer.split(" ").map(Number));
    });
    controls.querySelector("select").addEventListener("change", (event) => this.choose(event.target.selectedIndex));
  }

  at(event) {
    const box = this.times.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    return this.view[0] + Math.min(1, Math.max(0, share)) * (this.view[1] - this.view[0]);
  }

  point(event) {
    const at = this.at(event);
    for (const mark of [this.cross, this.now]) {
      mark.hidden = false;
      mark.style.setProperty("--a", at);
    }
    this.now.textContent = this.from === undefined ? moment(at) : `${moment(this.from)} … ${moment(at)}`;
    if (this.readings) this.read(at);
  }

  unpoint() {
    this.cross.hidden = this.now.hidden = true;
    for (const output of this.figure.querySelectorAll("output")) output.textContent = "";
  }

  read(at) {
    const { edges, waiting } = this.readings;
    const place = edges.findIndex((edge) => edge > at) - 1;
    const length = (ms) => (ms === null || ms === undefined ? "–" : seconds(ms / 1e3));
    const rate = (value) => (value === undefined ? "" : digits(value));
    for (const input of this.figure.querySelectorAll("[data-series]")) {
      const name = input.dataset.series;
      const output = input.parentElement.querySelector("output");
      if (NAMES.includes(name)) output.textContent = length(this.series[name][place]);
      else if (name === "due" || name === "done") output.textContent = rate(this.series[name][place]);
      else if (/^e\d$/.test(name)) output.textContent = rate(this.series.errors[name.slice(1)][place] || 0);
    }
    const output = this.figure.querySelector(".at-once");
    if (output) output.textContent = waiting[place] || "";
  }

  begin(event) {
    if (event.button !== 0 || !event.target.closest(".plot")) return;
    if (event.pointerType === "touch") return;
    event.preventDefault();
    this.from = this.at(event);
  }

  finish(event) {
    if (this.from === undefined) return;
    const [from, to] = [this.from, this.at(event)].sort((a, b) => a - b);
    this.from = undefined;
    if (to - from > (this.view[1] - this.view[0]) * 0.01) this.zoom([from, to]);
  }

  zoom([from, to]) {
    this.view = [Math.max(from, this.all[0]), Math.min(to, this.all[1])];
    const [start, span] = [this.view[0], this.view[1] - this.view[0]];
    this.figure.style.setProperty("--v0", start);
    this.figure.style.setProperty("--span", span);
    for (const svg of this.figure.querySelectorAll(".plot svg")) svg.setAttribute("viewBox", `${start} 0 ${span} 100`);
    const every = step(span);
    const marks = [];
    for (let n = Math.ceil(start / every); n * every <= this.view[1]; n++) marks.push(n * every);
    this.figure.querySelector(".grid").replaceChildren(...marks.map((at) => this.mark("i", at, "")));
    this.times.replaceChildren(...marks.map((at) => this.mark("span", at, moment(at))), this.now);
  }

  mark(kind, at, text) {
    const mark = document.createElement(kind);
    mark.style.setProperty("--a", at);
    mark.textContent = text;
    return mark;
  }

  choose(place) {
    this.series = this.readings.series[place];
    const { edges } = this.readings;
    const stairs = (values, y) => {
      let pen = false;
      return values.map((value, n) => {
        const place = value === null ? "" : `${pen ? "V" : `M${edges[n]} `}${y(value)}H${edges[n + 1]}`;
        pen = value !== null;
        return place;
      }).join("");
    };
    this.draw(".response", (lane, y) => {
      for (const name of NAMES) {
        lane.querySelector(`svg .${name}`).setAttribute("d", stairs(this.series[name], (ms) => y(Math.log10(ms / 1e3))));
      }
    });
    this.draw(".rate", (lane, y) => {
      const { done, due } = this.series;
      lane.querySelector("svg .done").setAttribute("d", `M${edges[0]} 100${done.map((rate, n) => `V${y(rate)}H${edges[n + 1]}`).join("")}V100z`);
      lane.querySelector("svg .due").setAttribute("d", stairs(due, y));
    });
    this.draw(".errors", (lane, y) => {
      const below = edges.map(() => 0);
      this.series.errors.forEach((rates, place) => {
        const bars = rates.map((rate, n) => {
          const bottom = y(below[n]);
          below[n] += rate;
          return rate ? `M${edges[n]} ${bottom}V${y(below[n])}H${edges[n + 1]}V${bottom}z` : "";
        });
        const path = lane.querySelector(`svg .e${place}`);
        if (path) path.setAttribute("d", bars.join(""));
      });
    });
  }

  draw(kind, how) {
    const lane = this.figure.querySelector(kind);
    if (!lane || !lane.querySelector("svg")) return;
    const [least, most] = lane.dataset.ends.split(" ").map(Number);
    how(lane, (value) => (100 * (1 - Math.min(1, Math.max(0, (value - least) / (most - least))))).toFixed(1));
  }
}

for (const figure of document.querySelectorAll(".timeline")) new Timeline(figure);
