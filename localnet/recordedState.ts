import { readFileSync } from "node:fs";

import { hexlify, toUtf8Bytes } from "ethers";

import { ACTORS } from "./actors.ts";
import { MAINNET } from "./addresses.ts";
import { type Rpc, toWord } from "./rpc.ts";

interface RecordedAccount {
  readonly balance: string;
  readonly code: string;
  readonly storage: Readonly<Record<string, string>>;
}

/** Mainnet accounts at one block: USDC (proxy, implementation, library), WETH9, SwapRouter and the USDC/WETH 0.3 % pool. */
export interface RecordedState {
  readonly blockNumber: number;
  readonly blockTimestampSeconds: number;
  /** By lower-case address. */
  readonly accounts: Readonly<Record<string, RecordedAccount>>;
}

/** The recording lies beside the repository; it is not part of it. */
const RECORDING = new URL("../../shared/state/usdc-weth-30bp-2021-05.allocs.json", import.meta.url);
/** 2021-05-12, block 12,421,000: the block of the recording, which the file itself does not name. */
const RECORDED_BLOCK = 12_421_000;
const RECORDED_TIMESTAMP = 1_620_850_000;

const USDC_IMPLEMENTATION = "0x43506849d7c04f9138d1a2050bbf3a0c054402dd";
const USDC_SIGNATURE_LIBRARY = "0x800c32eaa2a6c93cf4cb51794450ed77fbfbb172";

/** The recorded state, or undefined where the recording is not at hand. */
export function readRecordedState(): RecordedState | undefined {
  let text: string;
  try {
    text = readFileSync(RECORDING, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return {
    blockNumber: RECORDED_BLOCK,
    blockTimestampSeconds: RECORDED_TIMESTAMP,
    accounts: JSON.parse(text) as Record<string, RecordedAccount>,
  };
}

/**
 * Storage the recording left out because nothing read it: token names and decimals, and USDC's master minter, which is
 * given to the twin so that lenders and traders get their USDC by genuine `mint` transactions.
 */
const COMPLETION: readonly (readonly [address: string, slot: bigint, value: string])[] = [
  [MAINNET.usdc, 5n, shortString("USDC")],
  [MAINNET.usdc, 6n, toWord(6n)],
  [MAINNET.usdc, 7n, shortString("USD")],
  [MAINNET.usdc, 8n, toWord((1n << 160n) | BigInt(ACTORS.usdcMasterMinter))], // packed with `initialized`
  [MAINNET.weth, 0n, shortString("Wrapped Ether")],
  [MAINNET.weth, 1n, shortString("WETH")],
  [MAINNET.weth, 2n, toWord(18n)],
];

/** Storage word of a Solidity string shorter than 32 bytes. */
function shortString(text: string): string {
  const bytes = toUtf8Bytes(text);
  return `${hexlify(bytes).padEnd(64, "0")}${(2 * bytes.length).toString(16).padStart(2, "0")}`;
}

/** Installs the recorded accounts on an empty network, before anything else refers to them. */
export async function installRecordedState(rpc: Rpc, recorded: RecordedState): Promise<void> {
  const installed = [
    MAINNET.usdc,
    USDC_IMPLEMENTATION,
    USDC_SIGNATURE_LIBRARY,
    MAINNET.weth,
    MAINNET.swapRouter,
    MAINNET.poolUsdcWeth30bp,
  ];
  for (const address of installed) {
    const account = recorded.accounts[address.toLowerCase()];
    if (account === undefined) throw new Error(`The recording has no account ${address}`);
    await rpc.request("hardhat_setCode", [address, account.code]);
    await rpc.request("hardhat_setBalance", [address, account.balance]);
    await rpc.setNonce(address, 1);
    for (const [slot, value] of Object.entries(account.storage)) {
      await rpc.request("hardhat_setStorageAt", [address, `0x${BigInt(slot).toString(16)}`, value]);
    }
  }
  for (const [address, slot, value] of COMPLETION) {
    await rpc.request("hardhat_setStorageAt", [address, `0x${slot.toString(16)}`, value]);
  }
}
