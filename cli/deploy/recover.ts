import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { trackTransaction, type EIP1193Provider } from "@nomicfoundation/ignition-core";

import { UsageError } from "../errors.ts";
import { sendAgain } from "./provider.ts";
import type { SentTransactions } from "./sentTransactions.ts";

/** A line of Ignition's journal, as far as it is read here. */
interface JournalLine {
  readonly type: string;
  readonly futureId?: string;
  readonly networkInteractionId?: number;
  readonly nonce?: number;
}

/**
 * Puts the journal of a deployment that was killed in order, before Ignition reads it: it writes down that it is about to send,
 * sends, then writes down the hash. Killed in between it would not know its own transaction again, take it for somebody
 * else's and deploy a second contract. The signed bytes, or the chain, say what was sent.
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
  for (const nonce of readUnrecorded(directory)) {
    const known = sent?.findByNonce(from, nonce);
    const hash = known?.hash ?? (await findOnChain(node, from, nonce));
    if (hash === undefined) continue; // never sent: Ignition sends it with the same nonce
    if (!(await isKnown(node, hash)) && known !== undefined) await sendAgain(node, known.raw);
    if (!(await isKnown(node, hash))) continue; // the nonce went to something else, which is Ignition's to see
    await trackTransaction(directory, hash, node);
  }
}

/** Nonces that Ignition prepared to send and of which it wrote no hash down. */
function readUnrecorded(directory: string): readonly number[] {
  const open = new Map<string, number>();
  for (const { type, futureId = "", networkInteractionId = 0, nonce } of readJournal(directory)) {
    const key = `${futureId}/${networkInteractionId}`;
    if (type === "TRANSACTION_PREPARE_SEND" && nonce !== undefined) open.set(key, nonce);
    if (type === "TRANSACTION_SEND") open.delete(key);
  }
  return [...open.values()];
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
    if (last !== "" && !isJson(last)) writeFileSync(file, lines.slice(0, -1).join("\n"));
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

async function isKnown(node: EIP1193Provider, hash: string): Promise<boolean> {
  return (await node.request({ method: "eth_getTransactionByHash", params: [hash] })) !== null;
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
