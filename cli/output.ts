import type { Writable } from "node:stream";

import Table from "cli-table3";

/** Where and how the command line prints. */
export interface OutputStreams {
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly noColor: boolean;
}

/** One column of a table. Numbers belong to the right. */
export interface TableColumn {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** Results go to stdout, what happens on the way goes to stderr. */
export interface Output {
  /** True when a person watches: progress may redraw itself. */
  readonly isInteractive: boolean;
  /** One line of the result. */
  line(text?: string): void;
  /** A table of the result, under a heading. */
  table(heading: string, columns: readonly TableColumn[], rows: readonly (readonly string[])[]): void;
  /** Names and values, one a line. */
  pairs(heading: string, rows: readonly (readonly [name: string, value: string])[]): void;
  /** The whole result for programs. */
  json(value: unknown): void;
  /** Something on the way to the result. */
  note(text: string): void;
  /** Something that went wrong. */
  error(text: string): void;
}

/** Printer on the given streams; colours only on a terminal whose user did not turn them off. */
export function createOutput(streams: OutputStreams): Output {
  const { stdout, stderr } = streams;
  const hasColor = stdout.isTTY === true && !streams.noColor;
  const bold = (text: string): string => (hasColor ? `\u001b[1m${text}\u001b[22m` : text);
  const line = (text = ""): void => void stdout.write(`${text}\n`);
  return {
    isInteractive: stderr.isTTY === true,
    line,
    table: (heading, columns, rows) => {
      const table = new Table({
        head: columns.map((column) => column.title),
        colAligns: columns.map((column) => column.align ?? "left"),
        style: { head: hasColor ? ["bold"] : [], border: hasColor ? ["grey"] : [], compact: true },
      });
      for (const row of rows) table.push([...row]);
      line();
      line(bold(heading));
      line(table.toString());
    },
    pairs: (heading, rows) => {
      const width = Math.max(...rows.map(([name]) => name.length));
      line();
      line(bold(heading));
      for (const [name, value] of rows) line(`  ${name.padEnd(width)}  ${value}`);
    },
    json: (value) => line(toJson(value)),
    note: (text) => void stderr.write(`${text}\n`),
    error: (text) => void stderr.write(`${text}\n`),
  };
}

/**
 * JSON for programs: indented, bigints as decimal strings, numbers that JSON has no word for as null.
 *
 * @example
 * toJson({ shares: 10n }); // {"shares": "10"}
 */
export function toJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, item: unknown) => {
      if (typeof item === "bigint") return item.toString();
      return typeof item === "number" && !Number.isFinite(item) ? null : item;
    },
    2,
  );
}

/** A number for reading: thousands separated, fixed decimals, no "-0.00". */
export function displayNumber(value: number, places = 2): string {
  const options = { minimumFractionDigits: places, maximumFractionDigits: places };
  const text = value.toLocaleString("en-US", options);
  return /^-[0.,]+$/.test(text) ? text.slice(1) : text;
}

/** A fraction as percent for reading. */
export function displayPercent(fraction: number, places = 2): string {
  return `${displayNumber(fraction * 100, places)} %`;
}
