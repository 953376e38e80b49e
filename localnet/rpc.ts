import { getAddress, Interface, type InterfaceAbi } from "ethers";
import type { EthereumProvider } from "hardhat/types/providers";

import { MAINNET, type PlacedAddresses } from "./addresses.ts";

/** Enough for the largest genuine contract and below the 2^24 cap of a single transaction (EIP-7825). */
const GAS_LIMIT = "0xf00000";
/** 10,000 gwei: above any base fee a scenario sets. The difference to the base fee is never charged. */
const MAX_FEE_PER_GAS = "0x9184e72a000";
/** One million ETH: pays for every transaction of a run. */
const ACTOR_ETH_WEI = 10n ** 24n;

export interface TransactionInput {
  readonly from: string;
  /** Absent for a contract creation. */
  readonly to?: string;
  readonly data?: string;
  readonly valueWei?: bigint;
}

export interface ReceiptLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

export interface RawReceipt {
  readonly status: string;
  readonly gasUsed: string;
  readonly effectiveGasPrice: string;
  readonly blockNumber: string;
  readonly contractAddress: string | null;
  readonly logs: readonly ReceiptLog[];
}

/**
 * Thin JSON-RPC client for a simulated network. Building the twin and stepping a market send thousands of requests, so
 * this talks to the provider directly: fixed gas limit (no estimation), fixed fee cap, and accounts that are impersonated.
 * A reverting transaction rejects the promise.
 */
export interface Rpc {
  readonly provider: EthereumProvider;
  /** Where the contracts of this chain stand. */
  readonly addresses: PlacedAddresses;
  request<T = unknown>(method: string, params?: readonly unknown[]): Promise<T>;
  /** Unlocks `address` and gives it enough ETH for gas. Idempotent. */
  impersonate(address: string): Promise<void>;
  /** Sends from an unlocked account and returns the transaction hash; mined at once under automine. */
  send(transaction: TransactionInput): Promise<string>;
  receipt(hash: string): Promise<RawReceipt>;
  /** Creates a contract and returns its address. */
  deploy(from: string, initCode: string): Promise<string>;
  /** Sends `abi.method(args)` to `to`. */
  write(from: string, to: string, abi: Interface, method: string, args: readonly unknown[]): Promise<string>;
  /** Calls `abi.method(args)` at the latest block and returns the decoded result. */
  read(to: string, abi: Interface, method: string, args?: readonly unknown[]): Promise<readonly unknown[]>;
  call(to: string, data: string, from?: string): Promise<string>;
  codeAt(address: string): Promise<string>;
  balanceOf(address: string): Promise<bigint>;
  setBalance(address: string, wei: bigint): Promise<void>;
  setNonce(address: string, nonce: number): Promise<void>;
}

export function createRpc(provider: EthereumProvider, addresses: PlacedAddresses = MAINNET): Rpc {
  const request = async <T>(method: string, params: readonly unknown[] = []): Promise<T> =>
    (await provider.request({ method, params })) as T;

  const call = (to: string, data: string, from?: string): Promise<string> =>
    request<string>("eth_call", [from === undefined ? { to, data } : { to, data, from }, "latest"]);

  const send = ({ from, to, data, valueWei }: TransactionInput): Promise<string> =>
    request<string>("eth_sendTransaction", [
      {
        from,
        ...(to === undefined ? {} : { to }),
        ...(data === undefined ? {} : { data }),
        ...(valueWei === undefined ? {} : { value: toQuantity(valueWei) }),
        gas: GAS_LIMIT,
        maxFeePerGas: MAX_FEE_PER_GAS,
        maxPriorityFeePerGas: "0x0",
      },
    ]);

  const receipt = async (hash: string): Promise<RawReceipt> => {
    const found = await request<RawReceipt | null>("eth_getTransactionReceipt", [hash]);
    if (found === null) {
      throw new Error(`Transaction ${hash} is not mined. The twin expects automine; turn it on again.`);
    }
    return found;
  };

  return {
    provider,
    addresses,
    request,
    send,
    receipt,
    call,
    impersonate: async (address) => {
      await request("hardhat_impersonateAccount", [address]);
      await request("hardhat_setBalance", [address, toQuantity(ACTOR_ETH_WEI)]);
    },
    deploy: async (from, initCode) => {
      const { contractAddress } = await receipt(await send({ from, data: initCode }));
      if (contractAddress === null) throw new Error("A contract creation returned no address");
      return getAddress(contractAddress);
    },
    write: (from, to, abi, method, args) => send({ from, to, data: abi.encodeFunctionData(method, args) }),
    read: async (to, abi, method, args = []) =>
      abi.decodeFunctionResult(method, await call(to, abi.encodeFunctionData(method, args))),
    codeAt: (address) => request<string>("eth_getCode", [address, "latest"]),
    balanceOf: async (address) => BigInt(await request<string>("eth_getBalance", [address, "latest"])),
    setBalance: async (address, wei) => {
      await request("hardhat_setBalance", [address, toQuantity(wei)]);
    },
    setNonce: async (address, nonce) => {
      await request("hardhat_setNonce", [address, toQuantity(BigInt(nonce))]);
    },
  };
}

/** JSON-RPC quantity: hex without leading zeros. */
export function toQuantity(value: bigint): string {
  return `0x${value.toString(16)}`;
}

/** JSON-RPC data of exactly 32 bytes. */
export function toWord(value: bigint): string {
  return `0x${value.toString(16).padStart(64, "0")}`;
}

/** Interface from a human-readable or JSON ABI. */
export function abiOf(abi: InterfaceAbi): Interface {
  return new Interface(abi);
}
