import { accessSync, constants, mkdirSync } from "node:fs";
import path from "node:path";

import { display } from "./deployment.ts";
import { UsageError } from "./errors.ts";

/** Where a command that computes for a while was asked to write. */
export interface OutputFileOptions {
  /** `true` or "-": to stdout, instead of tables. */
  readonly json?: true | string;
  readonly csv?: string;
  readonly report?: string;
}

/** Absolute paths; undefined: not asked for. */
export interface OutputFiles {
  readonly json: string | undefined;
  readonly csv: string | undefined;
  readonly report: string | undefined;
  readonly isJsonOnStdout: boolean;
}

/**
 * Finds out that a file cannot be written before the work, not after it; makes missing directories.
 *
 * Throws {@link UsageError} that names the file and its option.
 */
export function prepareFiles({ json, csv, report }: OutputFileOptions): OutputFiles {
  const isJsonOnStdout = json === true || json === "-";
  const resolve = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : path.resolve(file);
  const files = { json: isJsonOnStdout ? undefined : resolve(json), csv: resolve(csv), report: resolve(report) };
  for (const [option, file] of Object.entries(files)) {
    if (file === undefined) continue;
    const problem = openDirectory(path.dirname(file));
    if (problem === undefined) continue;
    throw new UsageError(`${display(file)} cannot be written (${problem}). Choose another place with --${option}.`);
  }
  return { ...files, isJsonOnStdout };
}

/** Makes a directory where it is missing; the code of what keeps one from writing there, or undefined. */
export function openDirectory(directory: string): string | undefined {
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "unknown error";
  }
}
