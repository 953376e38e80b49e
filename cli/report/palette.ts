import type { ReportColor } from "./types.ts";

/*
 * Okabe and Ito's colours, told apart by readers with any colour vision. Charts name CSS variables, so that one drawing
 * serves a light and a dark page and paper.
 */
const LIGHT: Readonly<Record<ReportColor | "paper" | "grid" | "axis" | "good" | "bad", string>> = {
  first: "#0072b2",
  second: "#d55e00",
  third: "#009e73",
  fourth: "#cc79a7",
  muted: "#767676",
  ink: "#1d2327",
  paper: "#ffffff",
  grid: "#e3e6e8",
  axis: "#5a6268",
  good: "#0072b2",
  bad: "#d55e00",
};
const DARK: typeof LIGHT = {
  first: "#56b4e9",
  second: "#f28e3c",
  third: "#2fc79a",
  fourth: "#e3a6c9",
  muted: "#a3a9ae",
  ink: "#e6e9eb",
  paper: "#15191c",
  grid: "#30373c",
  axis: "#a3a9ae",
  good: "#56b4e9",
  bad: "#f28e3c",
};

/** The name of a colour in charts and styles. */
export function colorOf(name: keyof typeof LIGHT): string {
  return `var(--${name})`;
}

/** Declarations of the colours, for a style sheet. */
export function paletteCss(scheme: "light" | "dark"): string {
  return Object.entries(scheme === "light" ? LIGHT : DARK)
    .map(([name, value]) => `--${name}:${value}`)
    .join(";");
}
