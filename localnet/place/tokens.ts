import { getCreateAddress } from "ethers";

import { ACTORS } from "../actors.ts";
import { DEPLOYERS, MAINNET } from "../addresses.ts";
import { initCodeOf, localArtifact, multicall3InitCode, npmArtifact } from "../artifacts.ts";
import { abiOf, type Rpc } from "../rpc.ts";
import { constructAt, createAt } from "./install.ts";

export const ERC20_ABI = abiOf([
  "function approve(address spender, uint256 amount) returns (bool)",
  "function balanceOf(address owner) view returns (uint256)",
  "function decimals() view returns (uint8)",
  "function transfer(address to, uint256 amount) returns (bool)",
]);

const STAND_IN_ABI = abiOf(["function mint(address to, uint256 amount)"]);
const WETH_ABI = abiOf(["function deposit() payable", "function transfer(address to, uint256 amount) returns (bool)"]);
const FIAT_TOKEN_ABI = abiOf([
  "function masterMinter() view returns (address)",
  "function isMinter(address account) view returns (bool)",
  "function configureMinter(address minter, uint256 minterAllowedAmount) returns (bool)",
  "function mint(address to, uint256 amount) returns (bool)",
]);

const MAX_UINT256 = (1n << 256n) - 1n;

/** WETH9 and the USDC stand-in at their mainnet addresses; elsewhere stand-ins at the chain's own. */
export async function placeTokens(rpc: Rpc): Promise<void> {
  if (rpc.addresses !== MAINNET) {
    const { weth: wethAt, usdc: usdcAt } = rpc.addresses;
    const standIn = await localArtifact("StandInToken");
    await constructAt(rpc, wethAt, ACTORS.deployer, initCodeOf(standIn, ["Wrapped Ether (stand-in)", "WETH", 18]));
    await constructAt(rpc, usdcAt, ACTORS.deployer, initCodeOf(standIn, ["USD Coin (stand-in)", "USDC", 6]));
    return;
  }
  const weth = initCodeOf(npmArtifact("canonical-weth/build/contracts/WETH9.json"));
  await createAt(rpc, MAINNET.weth, DEPLOYERS.weth, 446, weth);
  await createAt(rpc, MAINNET.usdc, DEPLOYERS.usdc, 20, initCodeOf(await localArtifact("StandInUSDC")));
}

export async function placeMulticall3(rpc: Rpc): Promise<void> {
  await createAt(rpc, MAINNET.multicall3, DEPLOYERS.multicall3, 0, await multicall3InitCode());
}

/**
 * Deploys a stand-in base and quote token so that the base is token0 or token1 as asked. The deployer's nonce skips
 * ahead until the second address sorts as wanted; nothing superfluous is deployed.
 */
export async function deployTokenPair(
  rpc: Rpc,
  options: { readonly baseDecimals: number; readonly quoteDecimals: number; readonly baseIsToken0: boolean },
): Promise<{ readonly base: string; readonly quote: string }> {
  const artifact = await localArtifact("StandInToken");
  const { baseDecimals, quoteDecimals, baseIsToken0 } = options;
  await rpc.impersonate(ACTORS.deployer);
  const base = await rpc.deploy(
    ACTORS.deployer,
    initCodeOf(artifact, ["Base (stand-in)", `BASE${baseDecimals}`, baseDecimals]),
  );
  let nonce = Number(BigInt(await rpc.request<string>("eth_getTransactionCount", [ACTORS.deployer, "latest"])));
  while (BigInt(base) < BigInt(getCreateAddress({ from: ACTORS.deployer, nonce })) !== baseIsToken0) nonce++;
  await rpc.setNonce(ACTORS.deployer, nonce);
  const quote = await rpc.deploy(
    ACTORS.deployer,
    initCodeOf(artifact, ["Quote (stand-in)", `QUOTE${quoteDecimals}`, quoteDecimals]),
  );
  return { base, quote };
}

/**
 * Creates `amount` raw units of a token for `to`: WETH by depositing ETH, recorded or forked USDC through its master
 * minter, stand-ins through their open mint.
 */
export async function mintToken(rpc: Rpc, token: string, to: string, amount: bigint): Promise<void> {
  if (amount === 0n) return;
  if (token.toLowerCase() === MAINNET.weth.toLowerCase()) {
    await rpc.impersonate(ACTORS.deployer);
    await rpc.setBalance(ACTORS.deployer, amount + 10n ** 24n);
    await rpc.send({
      from: ACTORS.deployer,
      to: token,
      data: WETH_ABI.encodeFunctionData("deposit"),
      valueWei: amount,
    });
    await rpc.write(ACTORS.deployer, token, WETH_ABI, "transfer", [to, amount]);
    return;
  }
  const masterMinter = await readMasterMinter(rpc, token);
  if (masterMinter === undefined) {
    await rpc.impersonate(ACTORS.deployer);
    await rpc.write(ACTORS.deployer, token, STAND_IN_ABI, "mint", [to, amount]);
    return;
  }
  await rpc.impersonate(masterMinter);
  await rpc.impersonate(ACTORS.usdcMinter);
  await rpc.write(masterMinter, token, FIAT_TOKEN_ABI, "configureMinter", [ACTORS.usdcMinter, amount]);
  await rpc.write(ACTORS.usdcMinter, token, FIAT_TOKEN_ABI, "mint", [to, amount]);
}

/** The FiatToken's master minter, or undefined where the token is a stand-in and has none. */
async function readMasterMinter(rpc: Rpc, token: string): Promise<string | undefined> {
  try {
    const [masterMinter] = await rpc.read(token, FIAT_TOKEN_ABI, "masterMinter");
    return masterMinter as string;
  } catch {
    return undefined;
  }
}

/** Unlimited allowance, from an account the twin plays. */
export async function approveMax(rpc: Rpc, owner: string, token: string, spender: string): Promise<void> {
  await rpc.write(owner, token, ERC20_ABI, "approve", [spender, MAX_UINT256]);
}
