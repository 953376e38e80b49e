import { createRequire } from "node:module";

import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import hardhatEthersChaiMatchers from "@nomicfoundation/hardhat-ethers-chai-matchers";
import hardhatMocha from "@nomicfoundation/hardhat-mocha";
import hardhatNetworkHelpers from "@nomicfoundation/hardhat-network-helpers";
import hardhatTypechain from "@nomicfoundation/hardhat-typechain";
import { defineConfig } from "hardhat/config";

/** The compiler ships inside the npm package; the path must be absolute or Hardhat resolves it in its own folder. */
const soljson = createRequire(import.meta.url).resolve("solc/soljson.js");

export default defineConfig({
  plugins: [hardhatEthers, hardhatEthersChaiMatchers, hardhatMocha, hardhatNetworkHelpers, hardhatTypechain],
  paths: { sources: ["contracts", "localnet/contracts", "test/contracts"] },
  solidity: {
    compilers: [
      {
        version: "0.8.37",
        path: soljson,
        settings: { optimizer: { enabled: true, runs: 1_000 }, viaIR: true, evmVersion: "cancun" },
      },
    ],
  },
  networks: {
    twin: { type: "edr-simulated", chainType: "l1", chainId: 31_337 },
  },
  typechain: { outDir: "types", dontOverrideCompile: false },
  test: { mocha: { timeout: 120_000 } },
});
