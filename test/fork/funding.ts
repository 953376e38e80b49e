import { AbiCoder, keccak256, parseEther } from "ethers";

import { ACTORS } from "../../localnet/actors.ts";
import { ERC20_ABI } from "../../localnet/place/tokens.ts";
import { abiOf, type Rpc, toQuantity, toWord } from "../../localnet/rpc.ts";

const WETH_ABI = abiOf(["function deposit() payable"]);
/** USDC keeps its balances in slot 9, OpenZeppelin's ERC-20 in slot 0; proxies with gaps come later. */
const SLOTS_TO_TRY = 64n;
const PROBE = 0x1234_5678n;

/** Wraps ETH that the payer is given, and sends it. Works on every WETH9, and on Arbitrum's. */
export async function giveWrappedEther(rpc: Rpc, weth: string, to: string, wei: bigint): Promise<void> {
  const payer = ACTORS.deployer;
  await rpc.impersonate(payer);
  await rpc.setBalance(payer, wei + parseEther("1000000"));
  await rpc.send({ from: payer, to: weth, data: WETH_ABI.encodeFunctionData("deposit"), valueWei: wei });
  await rpc.write(payer, weth, ERC20_ABI, "transfer", [to, wei]);
}

/**
 * Writes balances of a token whose minter is nobody we may be.
 *
 * Throws when none of the slots tried is the token's mapping of balances, or the token does not show what was written. The
 * total supply stays what it was.
 */
export async function createBalanceWriter(
  rpc: Rpc,
  token: string,
): Promise<(to: string, amount: bigint) => Promise<void>> {
  const slot = await findBalanceSlot(rpc, token);
  return async (to, amount) => {
    const wanted = (await balanceOf(rpc, token, to)) + amount;
    await setStorage(rpc, token, entryOf(slot, to), wanted);
    const shown = await balanceOf(rpc, token, to);
    if (shown !== wanted) throw new Error(`${token} shows ${shown} for ${to} where ${wanted} was written`);
  };
}

/** The slot of the mapping of balances: the one where a written number is what `balanceOf` then says. */
async function findBalanceSlot(rpc: Rpc, token: string): Promise<bigint> {
  const owner = ACTORS.trader;
  const before = await balanceOf(rpc, token, owner);
  for (let slot = 0n; slot < SLOTS_TO_TRY; slot++) {
    const entry = entryOf(slot, owner);
    const found = await rpc.request<string>("eth_getStorageAt", [token, entry, "latest"]);
    if (BigInt(found) !== before) continue;
    await setStorage(rpc, token, entry, before + PROBE);
    const shown = await balanceOf(rpc, token, owner);
    await setStorage(rpc, token, entry, before);
    if (shown === before + PROBE) return slot;
  }
  throw new Error(`${token} keeps its balances in none of its first ${SLOTS_TO_TRY} slots`);
}

function entryOf(slot: bigint, owner: string): string {
  return toQuantity(BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(["address", "uint256"], [owner, slot]))));
}

async function setStorage(rpc: Rpc, contract: string, entry: string, value: bigint): Promise<void> {
  await rpc.request("hardhat_setStorageAt", [contract, entry, toWord(value)]);
}

async function balanceOf(rpc: Rpc, token: string, owner: string): Promise<bigint> {
  return (await rpc.read(token, ERC20_ABI, "balanceOf", [owner]))[0] as bigint;
}
