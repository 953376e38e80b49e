import packageJson from "../../package.json" with { type: "json" };
import { readBlock, requireSameBlock } from "../../sdk/chain/blockScan.ts";
import {
  type EventRow,
  type EventTable,
  type EventValue,
  listEventTables,
  rowOf,
  type TokenDecimals,
} from "../../sdk/chain/eventColumns.ts";
import { readEventLogs } from "../../sdk/chain/eventLogs.ts";
import type { BlockRef } from "../../sdk/chain/snapshot.ts";
import type { VaultSettings } from "../../sdk/chain/vaultSettings.ts";
import { formatTime } from "../../sdk/sim/window.ts";
import type { CommandContext } from "../context.ts";
import { display } from "../deployment.ts";
import { throwIfAborted, UsageError } from "../errors.ts";
import { createProgress } from "../progress.ts";
import { connectVault, type VaultConnection } from "../vault/connection.ts";
import type { ConnectionOptions } from "../vaultOptions.ts";
import { isTooMuch, orExplain, readFirstBlock, readSettings } from "../vaultView/read.ts";
import { type ExportFormat, fileName, type FilledTable, openExport } from "./write.ts";

/** Options of `hedgerow export`. */
export interface ExportOptions extends ConnectionOptions {
  readonly what: "events";
  readonly format: ExportFormat;
  readonly out: string;
  readonly fromBlock?: number;
  readonly toBlock?: number;
  readonly confirmations?: number;
  readonly createdBlock?: number;
}

/** Reads every event of a vault and its parts and writes one table an event. */
export async function runExport(options: ExportOptions, context: CommandContext): Promise<void> {
  const directory = openExport(options.out, options.format);
  const connection = await connectVault(options, context);
  const settings = await readSettings(connection);
  const final = await orExplain("The chain cannot be read", () => readFinalBlock(connection, options));
  const last = await orExplain("The chain cannot be read", () => lastBlock(connection, options, final));
  const parts = [settings.vault, settings.authority, settings.volatility.address];
  const createdBlock =
    options.createdBlock ?? (await readFirstBlock(connection, parts, settings.block, "--created-block"));
  const firstBlock = options.fromBlock ?? createdBlock;
  if (firstBlock > last.number) {
    const why = options.toBlock === undefined ? `the last final one is ${last.number}` : `--to-block is ${last.number}`;
    throw new UsageError(`There is nothing to export: the first block is ${firstBlock} and ${why}.`);
  }
  try {
    const range = { createdBlock, firstBlock, last };
    const rows = await orExplain("The events cannot be read", () => readRows(connection, settings, range, context));
    throwIfAborted(context.signal);
    const manifest = describeExport(settings, range, options.format, rows);
    directory.write(rows.tables, manifest);
    if (options.json) context.output.json(manifest);
    else printExport(options, rows, range, context);
  } finally {
    directory.discard();
  }
}

interface BlockRange {
  readonly createdBlock: number;
  readonly firstBlock: number;
  readonly last: BlockRef;
}

interface ReadRows {
  readonly tables: readonly FilledTable[];
  /** Logs of the vault's parts that no contract of this version declares. */
  readonly unknown: number;
}

/** The newest block that will not be replaced: as the node says, or so many blocks back. */
async function readFinalBlock({ provider }: VaultConnection, { confirmations }: ExportOptions): Promise<BlockRef> {
  if (confirmations === undefined) {
    try {
      return await readBlock(provider, "finalized");
    } catch {
      throw new UsageError("The node names no finalized block. Give --confirmations NUMBER, 64 for example.");
    }
  }
  const head = await readBlock(provider, "latest");
  return await readBlock(provider, Math.max(0, head.number - confirmations));
}

async function lastBlock(
  { provider }: VaultConnection,
  { toBlock }: ExportOptions,
  final: BlockRef,
): Promise<BlockRef> {
  if (toBlock === undefined) return final;
  if (toBlock > final.number) {
    throw new UsageError(
      `Block ${toBlock} may still be replaced: the last final one is ${final.number}. Lower --to-block, or --confirmations.`,
    );
  }
  return await readBlock(provider, toBlock);
}

async function readRows(
  { provider }: VaultConnection,
  settings: VaultSettings,
  { createdBlock, firstBlock, last }: BlockRange,
  context: CommandContext,
): Promise<ReadRows> {
  const { vault, authority, base, quote, shareDecimals } = settings;
  const sources = {
    vault,
    authority,
    policy: settings.policy.address,
    volatility: settings.volatility.address,
    createdBlock,
  };
  const decimals: TokenDecimals = { base: base.decimals, quote: quote.decimals, share: shareDecimals };
  const filled = new Map<EventTable, (readonly EventValue[])[]>(listEventTables().map((table) => [table, []]));
  let unknown = 0;
  const progress = await createProgress(context.output, "reading blocks");
  try {
    for await (const part of readEventLogs(provider, sources, firstBlock, last.number, { isTooMuch })) {
      throwIfAborted(context.signal);
      for (const { emitter, log } of part.logs) {
        const row: EventRow | undefined = rowOf(emitter, log, decimals);
        if (row === undefined) unknown += 1;
        else filled.get(row.table)?.push(row.values);
      }
      progress.update(part.toBlock - firstBlock + 1, last.number - firstBlock + 1);
    }
    await requireSameBlock(provider, last);
  } finally {
    progress.stop();
  }
  const tables = [...filled].map(([table, rows]) => ({ table, rows })).filter(({ rows }) => rows.length > 0);
  return { tables, unknown };
}

function describeExport(settings: VaultSettings, range: BlockRange, format: ExportFormat, rows: ReadRows): object {
  return {
    what: "events",
    version: packageJson.version,
    chainId: settings.chainId,
    vault: settings.vault,
    name: settings.name,
    policy: settings.policy.address,
    authority: settings.authority,
    volatility: settings.volatility.address,
    tokens: {
      base: settings.base,
      quote: settings.quote,
      share: { address: settings.vault, symbol: settings.symbol, decimals: settings.shareDecimals },
    },
    fromBlock: range.firstBlock,
    toBlock: { number: range.last.number, hash: range.last.hash, time: formatTime(range.last.timestamp) },
    unknownLogs: rows.unknown,
    files: rows.tables.map(({ table, rows: list }) => ({
      file: fileName(table, format),
      signature: table.signature,
      rows: list.length,
      columns: table.columns,
    })),
  };
}

function printExport(options: ExportOptions, rows: ReadRows, range: BlockRange, { output }: CommandContext): void {
  output.table(
    `Events of blocks ${range.firstBlock} to ${range.last.number} in ${display(options.out)}`,
    [{ title: "file" }, { title: "rows", align: "right" }],
    rows.tables.map(({ table, rows: list }) => [fileName(table, options.format), String(list.length)]),
  );
  if (rows.unknown > 0) {
    output.note(`${rows.unknown} logs of adapters that this version does not know were left out; see unknownLogs.`);
  }
}
