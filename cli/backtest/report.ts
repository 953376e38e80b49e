import type { BacktestDocument } from "./document.ts";

export function renderBacktestReport(_document: BacktestDocument): string {
  return "";
}
