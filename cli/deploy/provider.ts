import type { EIP1193Provider, RequestArguments } from "@nomicfoundation/ignition-core";
import { Transaction, type JsonRpcProvider, type Wallet } from "ethers";

import { throwIfAborted } from "../errors.ts";
import type { SentTransactions } from "./sentTransactions.ts";

/** A node as Ignition wants it: requests go through, errors keep the node's own words and data. */
export function toEip1193(rpc: JsonRpcProvider): EIP1193Provider {
  let id = 0;
  return {
    request: async ({ method, params }) => {
      id += 1;
      const payload = {
        id,
        jsonrpc: "2.0",
        method,
        params: Array.isArray(params) ? (params as unknown[]) : [],
      } as const;
      const [answer] = await rpc._send(payload);
      if (answer === undefined) throw new Error(`The node did not answer ${method}.`);
      if ("error" in answer) {
        const { message, code, data } = answer.error as { message?: string; code: number; data?: unknown };
        throw Object.assign(new Error(message ?? `${method} failed`), { code, data });
      }
      return (answer as { result: unknown }).result;
    },
  };
}

/**
 * A node whose `eth_sendTransaction` signs here: the signed bytes are on disk before they are sent, so that whatever kills the
 * process, the next one knows what may have been mined. A transaction that the node has forgotten is sent again, byte for byte.
 */
export function createSigningProvider(
  node: EIP1193Provider,
  wallet: Wallet,
  chainId: bigint,
  sent: SentTransactions,
  signal: AbortSignal,
): EIP1193Provider {
  const request = async (args: RequestArguments): Promise<unknown> => {
    throwIfAborted(signal);
    const [first] = (args.params ?? []) as readonly unknown[];
    switch (args.method) {
      case "eth_accounts":
        return [wallet.address];
      case "eth_sendTransaction": {
        const raw = await wallet.signTransaction(toTransaction(first as RpcTransaction, chainId));
        const { hash, nonce } = Transaction.from(raw);
        if (hash === null) throw new Error("The signed transaction has no hash.");
        throwIfAborted(signal);
        sent.record({ from: wallet.address, nonce, hash, raw });
        await node.request({ method: "eth_sendRawTransaction", params: [raw] });
        return hash;
      }
      case "eth_getTransactionByHash": {
        const found: unknown = await node.request(args);
        const known = found === null ? sent.findByHash(String(first)) : undefined;
        if (known === undefined) return found;
        await sendAgain(node, known.raw);
        return await node.request(args);
      }
      default:
        return await node.request(args);
    }
  };
  return { request };
}

/** Sends signed bytes that may have been sent before; what the node thinks of them shows when it is asked for them. */
export async function sendAgain(node: EIP1193Provider, raw: string): Promise<void> {
  try {
    await node.request({ method: "eth_sendRawTransaction", params: [raw] });
  } catch {
    // Known already, mined, or replaced: the caller looks.
  }
}

/** A transaction as JSON-RPC writes it. */
interface RpcTransaction {
  readonly to?: string;
  readonly data: string;
  readonly value: string;
  readonly nonce: string;
  readonly gas: string;
  readonly maxFeePerGas?: string;
  readonly maxPriorityFeePerGas?: string;
  readonly gasPrice?: string;
}

function toTransaction(transaction: RpcTransaction, chainId: bigint) {
  const { to, data, value, nonce, gas, maxFeePerGas, maxPriorityFeePerGas, gasPrice } = transaction;
  return {
    chainId,
    data,
    value: BigInt(value),
    nonce: Number(nonce),
    gasLimit: BigInt(gas),
    ...(to === undefined ? {} : { to }),
    ...(maxFeePerGas === undefined || maxPriorityFeePerGas === undefined
      ? { type: 0, gasPrice: BigInt(gasPrice ?? 0) }
      : { type: 2, maxFeePerGas: BigInt(maxFeePerGas), maxPriorityFeePerGas: BigInt(maxPriorityFeePerGas) }),
  };
}
