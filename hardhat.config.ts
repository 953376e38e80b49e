import { globSync } from "node:fs";
import { createRequire } from "node:module";

import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import hardhatEthersChaiMatchers from "@nomicfoundation/hardhat-ethers-chai-matchers";
import hardhatMocha from "@nomicfoundation/hardhat-mocha";
import hardhatNetworkHelpers from "@nomicfoundation/hardhat-network-helpers";
import hardhatTypechain from "@nomicfoundation/hardhat-typechain";
import { defineConfig } from "hardhat/config";

/** The compiler ships inside the npm package; the path must be absolute or Hardhat resolves it in its own folder. */
const soljson = createRequire(import.meta.url).resolve("solc/soljson.js");

/** The quicker of the compiler's two pipelines: for large tests, which deploy production artifacts anyway. */
const quickCompiler = (runs: number): { version: string; path: string; settings: object } => ({
  version: "0.8.37",
  path: soljson,
  settings: { optimizer: { enabled: true, runs }, evmVersion: "cancun" },
});

/** One pinned compiler; `runs` is how often the optimiser assumes that a contract is called. */
const compiler = (runs: number): { version: string; path: string; settings: object } => ({
  version: "0.8.37",
  path: soljson,
  settings: { optimizer: { enabled: true, runs }, viaIR: true, evmVersion: "cancun" },
});

export default defineConfig({
  plugins: [hardhatEthers, hardhatEthersChaiMatchers, hardhatMocha, hardhatNetworkHelpers, hardhatTypechain],
  paths: { sources: ["contracts", "localnet/contracts", "localnet/gmx", "test/contracts"] },
  solidity: {
    compilers: [compiler(1_000_000)],
    // The vault comes close to the limit on contract size (24,576 bytes): it trades some gas for room. What imports it
    // says the same, or it would be compiled once more.
    overrides: {
      ...Object.fromEntries(
        [
          "contracts/HedgedVault.sol",
          "contracts/VaultFactory.sol",
          "contracts/hedges/GmxV2Hedge.sol",
          "contracts/lens/VaultLens.sol",
          "test/contracts/HostileDepositor.sol",
        ].map((file) => [file, compiler(200)]),
      ),
      // The simulator's gas says nothing about GMX's, and the other pipeline would take minutes.
      ...Object.fromEntries(
        globSync("localnet/gmx/*.sol", { cwd: import.meta.dirname }).map((file) => [file, quickCompiler(1)]),
      ),
      // Too large for the limit otherwise.
      "localnet/gmx/GmxV2SimulatorOrderHandler.sol": compiler(1),
      "test/invariant/Vault.t.sol": quickCompiler(200),
      "test/invariant/GmxHedge.t.sol": quickCompiler(200),
      "test/invariant/RiskPolicy.t.sol": quickCompiler(200),
      "test/invariant/RedemptionQueue.t.sol": quickCompiler(200),
    },
  },
  networks: {
    twin: { type: "edr-simulated", chainType: "l1", chainId: 31_337 },
  },
  typechain: { outDir: "types", dontOverrideCompile: false },
  test: {
    mocha: { timeout: 120_000 },
    solidity: {
      fsPermissions: {
        readFile: [
          "node_modules/@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json",
          "node_modules/canonical-weth/build/contracts/WETH9.json",
          // To be linked, see test/invariant/support/Linker.sol.
          "artifacts/contracts/HedgedVault.sol/HedgedVault.json",
          "artifacts/contracts/hedges/GmxV2Hedge.sol/GmxV2Hedge.json",
          ...["Records", "Market", "Positions", "Reader", "OrderHandler"].map(
            (name) => `artifacts/localnet/gmx/GmxV2Simulator${name}.sol/GmxV2Simulator${name}.json`,
          ),
        ],
        dangerouslyWriteDirectory: ["cache/invariants"],
      },
      // Short: the suites run with every `npm test`. `npm run invariants -- --long` is the long form.
      // Without a dictionary: the runner collects its values in no certain order, and a seed would not replay.
      invariant: { runs: 6, depth: 200, failOnRevert: true, shrinkRunLimit: 300, dictionaryWeight: 0 },
    },
  },
});
