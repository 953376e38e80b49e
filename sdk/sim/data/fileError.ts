import { HedgerowError } from "../../errors.ts";

/** Where in a file something is; `line` counts from 1 with the header. */
export interface FilePlace {
  readonly file: string;
  readonly line?: number | undefined;
  readonly column?: string | undefined;
  /** What `line` counts: rows of data, from 1, in a file that has no lines. */
  readonly unit?: "line" | "row" | undefined;
}

/** A data file that cannot be used, with the place and the reason. Without a line the file as a whole is at fault. */
export class DataFileError extends HedgerowError {
  readonly file: string;
  readonly line: number | undefined;
  readonly column: string | undefined;
  readonly reason: string;

  constructor(place: FilePlace, reason: string) {
    const line = place.line === undefined ? "" : `, ${place.unit ?? "line"} ${place.line}`;
    const column = place.column === undefined ? "" : `, column ${JSON.stringify(place.column)}`;
    super(`${place.file}${line}${column}: ${reason}`);
    this.file = place.file;
    this.line = place.line;
    this.column = place.column;
    this.reason = reason;
  }
}

/** Why a file could not be read, in words. */
export function describeReadFailure(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return "there is no such file; check the path";
  if (code === "EISDIR") return "this is a directory; name a CSV or Parquet file";
  if (code === "EACCES") return "the file may not be read; check its permissions";
  return `the file could not be read (${code ?? String(error)})`;
}
