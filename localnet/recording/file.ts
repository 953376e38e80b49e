import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";

import { z } from "zod";

import { HedgerowError } from "../../sdk/errors.ts";

const compress = promisify(gzip);
const expand = promisify(gunzip);

/** A recording cannot be used, or does not hold what is asked of it. */
export class RecordingError extends HedgerowError {}

const RECORDING = z.object({
  version: z.literal(1),
  chainId: z.string().regex(/^0x[0-9a-f]+$/),
  block: z.string().regex(/^0x[0-9a-f]+$/),
  answers: z.record(z.string(), z.unknown()),
});

/** What was read of one chain at one block. Holds requests and answers; no address of a node, no key. */
export interface Recording {
  /** As JSON-RPC says it. */
  readonly chainId: string;
  readonly block: bigint;
  /** Request (method, space, parameters in lower case) to result. */
  readonly answers: Map<string, unknown>;
}

/**
 * Reads a recording.
 *
 * @returns undefined when there is no such file.
 * Throws RecordingError when it is not one.
 */
export async function readRecording(file: string): Promise<Recording | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const { chainId, block, answers } = RECORDING.parse(JSON.parse((await expand(bytes)).toString("utf8")));
    return { chainId, block: BigInt(block), answers: new Map(Object.entries(answers)) };
  } catch {
    throw new RecordingError(`${file} is not a recording of this version. Delete it and record again.`);
  }
}

/** Writes a recording in the place of an older one, all or nothing: whoever reads meanwhile reads the older one. */
export async function writeRecording(file: string, recording: Recording): Promise<void> {
  const text = JSON.stringify({
    version: 1,
    chainId: recording.chainId,
    block: `0x${recording.block.toString(16)}`,
    answers: Object.fromEntries([...recording.answers].sort(([a], [b]) => (a < b ? -1 : 1))),
  });
  await mkdir(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.part`;
  try {
    await writeFile(draft, await compress(text));
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
