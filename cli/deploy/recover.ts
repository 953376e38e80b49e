import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

import type { EIP1193Provider } from "@nomicfoundation/ignition-core";

import { UsageError } from "../errors.ts";
import { sendAgain } from "./provider.ts";
import type { SentTransactions } from "./sentTransactions.ts";
import { writeWhole } from "./workspace.ts";

/** A line of Ignition's journal, as far as it is read here. */
interface JournalLine {
  readonly type: string;
  readonly futureId?: string;
  readonly networkInteractionId?: number;
  readonly nonce?: number;
  readonly networkInteraction?: { readonly id: number; readonly to?: string; readonly data?: string };
}

/** A transaction that Ignition was about to send when it wrote its last word about it. */
interface Prepared {
  readonly futureId: string;
  readonly networkInteractionId: number;
  readonly nonce: number;
  readonly to: string | undefined;
  readonly data: string;
}

/**
 * Puts the journal of a deployment that was killed in order, before Ignition reads it. Ignition writes down that it is about to
 * send, sends, then writes down the hash; killed in between it refuses to go on. The signed bytes, or the chain, say what was
 * sent: the missing line is written, or, where nothing was sent, the line before it taken back.
 *
 * Ignition's own `trackTransaction` is no help: it compares the data of a linked contract with the case of its hex digits,
 * takes the transaction for somebody else's and lets the contract be deployed a second time.
 *
 * @param sent Undefined where the node signs: then the chain is searched.
 * Throws {@link UsageError} where it can not be told whether a transaction was sent.
 */
export async function recoverJournal(
  directory: string,
  from: string,
  node: EIP1193Provider,
  sent: SentTransactions | undefined,
): Promise<void> {
  repairFiles(directory);
  for (const prepared of readUnrecorded(directory)) {
    const known = sent?.findByNonce(from, prepared.nonce);
    const hash = known?.hash ?? (await findOnChain(node, from, prepared.nonce));
    if (known !== undefined) await sendAgain(node, known.raw);
    const transaction = hash === undefined ? undefined : await readTransaction(node, hash);
    if (transaction !== undefined && isSame(transaction, prepared)) recordSend(directory, prepared, transaction);
    else takeBack(directory, prepared);
  }
}

/** What Ignition prepared to send and of which it wrote no hash down. */
function readUnrecorded(directory: string): readonly Prepared[] {
  const open = new Map<string, Prepared>();
  const requests = new Map<string, NonNullable<JournalLine["networkInteraction"]>>();
  for (const line of readJournal(directory)) {
    const { type, futureId = "", networkInteraction, nonce } = line;
    const networkInteractionId = line.networkInteractionId ?? networkInteraction?.id ?? 0;
    const key = `${futureId}/${networkInteractionId}`;
    if (networkInteraction !== undefined) requests.set(key, networkInteraction);
    if (type === "TRANSACTION_PREPARE_SEND" && nonce !== undefined) {
      const { to, data = "0x" } = requests.get(key) ?? {};
      open.set(key, { futureId, networkInteractionId, nonce, to, data });
    }
    if (type === "TRANSACTION_SEND") open.delete(key);
  }
  return [...open.values()];
}

/** Ignition's line for a transaction that was sent, in Ignition's form. */
function recordSend(
  directory: string,
  { futureId, networkInteractionId, nonce }: Prepared,
  sent: RpcTransaction,
): void {
  const amount = (quantity: string): object => ({ _kind: "bigint", value: BigInt(quantity).toString() });
  const { maxFeePerGas, maxPriorityFeePerGas, gasPrice = "0x0" } = sent;
  const fees =
    maxFeePerGas === undefined || maxPriorityFeePerGas === undefined
      ? { gasPrice: amount(gasPrice) }
      : { maxFeePerGas: amount(maxFeePerGas), maxPriorityFeePerGas: amount(maxPriorityFeePerGas) };
  const transaction = { fees, hash: sent.hash };
  const line = { futureId, networkInteractionId, nonce, transaction, type: "TRANSACTION_SEND" };
  appendFileSync(journalFile(directory), `\n${JSON.stringify(line)}`, { flush: true });
}

/** Removes the line that announced a transaction which was never sent. */
function takeBack(directory: string, prepared: Prepared): void {
  const lines = readFileSync(journalFile(directory), "utf8").split("\n");
  const at = lines.findLastIndex((text) => {
    if (text === "") return false;
    const { type, futureId, networkInteractionId, nonce } = JSON.parse(text) as JournalLine;
    return (
      type === "TRANSACTION_PREPARE_SEND" &&
      futureId === prepared.futureId &&
      networkInteractionId === prepared.networkInteractionId &&
      nonce === prepared.nonce
    );
  });
  writeWhole(journalFile(directory), lines.filter((_, i) => i !== at).join("\n"));
}

/** A transaction as a node answers it. */
interface RpcTransaction {
  readonly hash: string;
  readonly to: string | null;
  readonly input: string;
  readonly maxFeePerGas?: string;
  readonly maxPriorityFeePerGas?: string;
  readonly gasPrice?: string;
}

async function readTransaction(node: EIP1193Provider, hash: string): Promise<RpcTransaction | undefined> {
  const answer = (await node.request({ method: "eth_getTransactionByHash", params: [hash] })) as RpcTransaction | null;
  return answer ?? undefined;
}

function isSame(transaction: RpcTransaction, prepared: Prepared): boolean {
  return (
    transaction.input.toLowerCase() === prepared.data.toLowerCase() &&
    (transaction.to ?? "").toLowerCase() === (prepared.to ?? "").toLowerCase()
  );
}

function journalFile(directory: string): string {
  return path.join(directory, "journal.jsonl");
}

function readJournal(directory: string): readonly JournalLine[] {
  const file = journalFile(directory);
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as JournalLine);
}

/** A machine that loses power may leave half a line, or an empty file of addresses, which is only a copy. */
function repairFiles(directory: string): void {
  const file = journalFile(directory);
  if (existsSync(file)) {
    const lines = readFileSync(file, "utf8").split("\n");
    const last = lines.at(-1) ?? "";
    if (last !== "" && !isJson(last)) writeWhole(file, lines.slice(0, -1).join("\n"));
    const broken = lines.slice(0, -1).findIndex((line) => line !== "" && !isJson(line));
    if (broken >= 0) {
      throw new UsageError(
        `Line ${broken + 1} of ${file} is damaged. Restore the file; without it contracts deploy twice.`,
      );
    }
  }
  const addresses = path.join(directory, "deployed_addresses.json");
  if (existsSync(addresses) && !isJson(readFileSync(addresses, "utf8"))) rmSync(addresses);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

interface RpcBlock {
  readonly number: string | null;
  readonly transactions: readonly { readonly hash: string; readonly from: string; readonly nonce: string }[];
}

/** The transaction with a nonce of an account, mined or waiting; undefined: there is none. */
async function findOnChain(node: EIP1193Provider, from: string, nonce: number): Promise<string | undefined> {
  const countAt = async (block: string): Promise<number> =>
    Number(await node.request({ method: "eth_getTransactionCount", params: [from, block] }));
  const inBlock = async (tag: string): Promise<string | undefined> => {
    const block = (await node.request({ method: "eth_getBlockByNumber", params: [tag, true] })) as RpcBlock | null;
    return block?.transactions.find(
      (transaction) => transaction.from.toLowerCase() === from.toLowerCase() && Number(transaction.nonce) === nonce,
    )?.hash;
  };
  if ((await countAt("latest")) <= nonce) {
    if ((await countAt("pending")) <= nonce) return undefined;
    const pending = await inBlock("pending");
    if (pending !== undefined) return pending;
    throw new UsageError(
      `A transaction of ${from} with nonce ${nonce} waits to be mined and the node does not show it. Try again when it is mined.`,
    );
  }
  // The first block after which the account had sent it.
  let high = Number(await node.request({ method: "eth_blockNumber", params: [] }));
  let low = 0;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await countAt(`0x${middle.toString(16)}`)) > nonce) high = middle;
    else low = middle + 1;
  }
  return await inBlock(`0x${high.toString(16)}`);
}
