import { getCreateAddress } from "ethers";

import type { Rpc } from "../rpc.ts";

/**
 * Deploys with the account and nonce that did it on mainnet, so that CREATE gives the mainnet address.
 * @throws Error when the address differs from `expected`.
 */
export async function createAt(
  rpc: Rpc,
  expected: string,
  deployer: string,
  nonce: number,
  initCode: string,
): Promise<void> {
  const predicted = getCreateAddress({ from: deployer, nonce });
  if (predicted.toLowerCase() !== expected.toLowerCase()) {
    throw new Error(`${deployer} at nonce ${nonce} creates ${predicted}, expected ${expected}`);
  }
  await rpc.impersonate(deployer);
  await rpc.setNonce(deployer, nonce);
  await rpc.deploy(deployer, initCode);
}

/**
 * Runs a constructor at an address whose deployer is not known: the creation code is installed as runtime code and
 * called, so the constructor writes the storage of `address` itself; the code it returns, with its immutables filled
 * in, becomes the runtime code. Account nonce 1, as after a real creation.
 * @param from `msg.sender` of the constructor.
 */
export async function constructAt(rpc: Rpc, address: string, from: string, initCode: string): Promise<void> {
  await rpc.impersonate(from);
  await rpc.request("hardhat_setCode", [address, initCode]);
  const runtimeCode = await rpc.call(address, "0x", from);
  await rpc.send({ from, to: address });
  await rpc.request("hardhat_setCode", [address, runtimeCode]);
  await rpc.setNonce(address, 1);
}
