import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { AaveV3Arbitrum, AaveV3Base, AaveV3Ethereum, AaveV3Sepolia } from "@bgd-labs/aave-address-book";
import { expect } from "chai";
import { getAddress, keccak256 } from "ethers";
import hre from "hardhat";

import { resolveVault } from "../../../../cli/deploy/resolve.ts";
import { parseVaultSpec, readVaultSpec } from "../../../../cli/deploy/spec.ts";
import { MAINNET, SEPOLIA } from "../../../../localnet/addresses.ts";
import { npmArtifact } from "../../../../localnet/artifacts.ts";
import { GMX_ARBITRUM } from "../../../../localnet/gmx/addresses.ts";
import { networks } from "../../../../sdk/chain/networks/all.ts";
import type { NetworkName } from "../../../../sdk/chain/networks/types.ts";
import { computePoolAddress } from "../../../../sdk/chain/networks/uniswap.ts";

const require = createRequire(import.meta.url);
const ROOT = path.resolve(import.meta.dirname, "../../../..");
const ROLES = {
  admin: "0x00000000000000000000000000000000000ad001",
  keeper: "0x00000000000000000000000000000000000ad002",
  guardian: "0x00000000000000000000000000000000000ad003",
};
const SPEC = {
  name: "n",
  symbol: "s",
  base: "WETH",
  quote: "USDC",
  feePips: 500,
  hedges: ["aaveV3"],
  depositCap: "1000",
  roles: ROLES,
};

const refusal = (act: () => unknown): string => {
  try {
    act();
    return "accepted";
  } catch (error) {
    return (error as Error).message;
  }
};

describe("networks", () => {
  it("have names, chain ids and variables of their own, and addresses with checksums", () => {
    const all = Object.values(networks);
    expect(new Set(all.map(({ chainId }) => chainId)).size).to.equal(all.length);
    expect(new Set(all.map(({ rpcVariable }) => rpcVariable)).size).to.equal(all.length);
    for (const [name, network] of Object.entries(networks)) {
      expect(network.name).to.equal(name);
      const found = JSON.stringify(network).match(/0x[0-9a-fA-F]{40}/g) ?? [];
      expect(found.length).to.be.above(10);
      for (const address of found) expect(getAddress(address), name).to.equal(address);
      for (const token of network.tokens) expect(network.feeds, `${name} ${token.symbol}`).to.have.property(token.feed);
    }
  });

  it("have the explorers that Hardhat knows of their chains", () => {
    for (const { name, chainId, isPublic, explorer, blockscoutApi } of Object.values(networks)) {
      const known = isPublic ? hre.config.chainDescriptors.get(BigInt(chainId))?.blockExplorers : undefined;
      const expected = [known?.etherscan?.url ?? "", known?.blockscout?.apiUrl ?? ""];
      expect([explorer, blockscoutApi], name).to.deep.equal(expected);
      expect(blockscoutApi !== "", name).to.equal(isPublic);
    }
  });

  it("agree with the twin of mainnet, and with the rehearsal of Sepolia", () => {
    for (const [network, placed] of [
      [networks.mainnet, MAINNET],
      [networks.sepolia, SEPOLIA],
    ] as const) {
      const [weth, usdc] = network.tokens;
      expect([weth?.address, usdc?.address]).to.deep.equal([placed.weth, placed.usdc]);
      expect(network.uniswapV3Factory).to.equal(placed.uniswapV3Factory);
      expect(network.aaveV3.pool).to.equal(placed.aavePool);
      expect(network.aaveV3.protocolDataProvider).to.equal(placed.aaveProtocolDataProvider);
      expect(network.feeds["ETH / USD"]?.address).to.equal(placed.chainlinkEthUsd);
      expect(network.feeds["USDC / USD"]?.address).to.equal(placed.chainlinkUsdcUsd);
    }
    const reserve = networks.mainnet.aaveV3.reserves.find(({ asset }) => asset === MAINNET.weth);
    expect(reserve?.variableDebtToken).to.equal(MAINNET.variableDebtWeth);
    expect(SEPOLIA.aavePoolAddressesProvider).to.equal(AaveV3Sepolia.POOL_ADDRESSES_PROVIDER);
    expect(SEPOLIA.aavePoolConfigurator).to.equal(AaveV3Sepolia.POOL_CONFIGURATOR);
    expect(SEPOLIA.aaveOracle).to.equal(AaveV3Sepolia.ORACLE);
    expect(SEPOLIA.aaveAclManager).to.equal(AaveV3Sepolia.ACL_MANAGER);
    expect(SEPOLIA.aaveCollector).to.equal(AaveV3Sepolia.COLLECTOR);
  });

  it("agree where two packages know the same address", () => {
    const { WETH9, CHAIN_TO_ADDRESSES_MAP } = require("@uniswap/sdk-core") as {
      WETH9: Record<number, { address: string }>;
      CHAIN_TO_ADDRESSES_MAP: Record<
        number,
        { nonfungiblePositionManagerAddress?: string; swapRouter02Address?: string; tickLensAddress?: string }
      >;
    };
    // Aave's price source for ETH is Chainlink's own feed on these two.
    expect(networks.arbitrum.feeds["ETH / USD"]?.address).to.equal(AaveV3Arbitrum.ASSETS.WETH.ORACLE);
    expect(networks.base.feeds["ETH / USD"]?.address).to.equal(AaveV3Base.ASSETS.WETH.ORACLE);
    for (const [network, book] of [
      [networks.mainnet, AaveV3Ethereum],
      [networks.arbitrum, AaveV3Arbitrum],
      [networks.base, AaveV3Base],
    ] as const) {
      expect(book.CHAIN_ID).to.equal(network.chainId);
      expect(network.tokens[0]?.address).to.equal(getAddress(WETH9[network.chainId]?.address ?? ""));
    }
    expect(networks.arbitrum.gmxV2?.venue).to.deep.equal({
      exchangeRouter: GMX_ARBITRUM.exchangeRouter,
      reader: GMX_ARBITRUM.reader,
      dataStore: GMX_ARBITRUM.dataStore,
      orderVault: GMX_ARBITRUM.orderVault,
      referralStorage: getAddress(GMX_ARBITRUM.referralStorage),
    });
    const periphery = CHAIN_TO_ADDRESSES_MAP[11_155_111];
    expect(periphery?.nonfungiblePositionManagerAddress).to.equal(SEPOLIA.nonfungiblePositionManager);
    expect(periphery?.swapRouter02Address).to.equal(SEPOLIA.swapRouter02);
    expect(periphery?.tickLensAddress).to.equal(SEPOLIA.tickLens);
  });

  it("compute the pools that are known, from the published pool's own code", () => {
    const code = npmArtifact("@uniswap/v3-core/artifacts/contracts/UniswapV3Pool.sol/UniswapV3Pool.json").bytecode;
    expect(keccak256(code)).to.equal("0xe34f199b19b2b4f47f68442619d555527d244f78a3297ea89325f843f87b8b54");
    const poolOf = (name: NetworkName, feePips: number): string => {
      const { uniswapV3Factory, tokens } = networks[name];
      return computePoolAddress(uniswapV3Factory, tokens[0]?.address ?? "", tokens[1]?.address ?? "", feePips);
    };
    expect(poolOf("mainnet", 500)).to.equal(MAINNET.poolUsdcWeth5bp);
    expect(poolOf("mainnet", 3_000)).to.equal(MAINNET.poolUsdcWeth30bp);
    expect(poolOf("arbitrum", 500)).to.equal("0xC6962004f452bE9203591991D15f6b388e09E8D0");
    expect(poolOf("base", 500)).to.equal("0xd0b53D9277642d899DF5C87A3966A349A798F224");
  });
});

describe("presets", () => {
  const files = readdirSync(path.join(ROOT, "presets"));

  it("describe a vault on every network", () => {
    expect(new Set(files.map((file) => file.replace(/(-gmx)?\.json$/, "")))).to.deep.equal(
      new Set(Object.keys(networks)),
    );
  });

  for (const file of files) {
    it(`${file} fits its network`, () => {
      const network = networks[file.replace(/(-gmx)?\.json$/, "") as NetworkName];
      const vault = resolveVault(readVaultSpec(path.join(ROOT, "presets", file)), network, ROLES);
      expect(vault.roles).to.include(ROLES);
      expect(vault.roles.adminDelaySeconds).to.equal(172_800);
      expect(vault.gmxMarket !== undefined).to.equal(file.includes("-gmx"));
      expect(vault.oracle.baseHeartbeatSeconds).to.be.above(network.feeds["ETH / USD"]?.heartbeatSeconds ?? Infinity);
    });
  }
});

describe("a vault's description", () => {
  const resolve = (spec: object, name: NetworkName): string =>
    refusal(() => resolveVault(parseVaultSpec({ ...SPEC, ...spec }, "spec.json"), networks[name]));

  it("says in a sentence which venue or token a network does not have", () => {
    expect(resolve({}, "mainnet")).to.equal("accepted");
    expect(resolve({ hedges: ["gmxV2"] }, "base")).to.match(/^GMX v2 is not on Base\. .*Arbitrum/);
    expect(resolve({ hedges: ["gmxV2"] }, "arbitrumSepolia")).to.match(/^GMX v2 on Arbitrum Sepolia has no market/);
    expect(resolve({ base: "gmxWETH" }, "arbitrumSepolia")).to.match(
      /^Aave v3 on Arbitrum Sepolia does not lend gmxWETH/,
    );
    expect(resolve({ base: "WBTC" }, "sepolia")).to.match(
      /^The base WBTC is not in the table of Sepolia \(WETH, USDC\)/,
    );
    const odd = { symbol: "X", address: MAINNET.weth, decimals: 18, feed: "X / USD" };
    expect(resolve({ base: odd }, "mainnet")).to.match(/^No Chainlink feed "X \/ USD" is known on Ethereum/);
    expect(resolve({ roles: { admin: ROLES.admin } }, "mainnet")).to.equal(
      "Who is keeper, guardian? Give --keeper ADDRESS --guardian ADDRESS, or name them under roles in the vault's file.",
    );
  });

  it("lists everything that is wrong with its file", () => {
    const text = refusal(() =>
      parseVaultSpec({ ...SPEC, feePips: 501, depositCap: 5, policy: { speed: 1 } }, "spec.json"),
    );
    expect(text).to.include("feePips").and.include("depositCap").and.include("speed").and.include("docs/deploy.md");
    expect(refusal(() => readVaultSpec("nowhere.json")))
      .to.include("ENOENT")
      .and.include("presets/");
  });
});
