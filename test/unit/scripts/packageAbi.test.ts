import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { expect } from "chai";
import { Contract, type InterfaceAbi } from "ethers";
import ts from "typescript";

import packageJson from "../../../package.json" with { type: "json" };
import { buildAbiPackage } from "../../../scripts/packageAbi/build.ts";
import type { ChainAddresses } from "../../../scripts/packageAbi/addresses.ts";
import { startTwin, type Twin } from "../../../localnet/twin.ts";
import { createVaultWorld, type VaultWorld } from "../../integration/world.ts";

interface Built {
  readonly hedgedVaultAbi: InterfaceAbi;
  readonly vaultLensAbi: InterfaceAbi;
  readonly addresses: Readonly<Record<number, Pick<ChainAddresses, "system" | "vaults">>>;
}

describe("the ABI package", function () {
  this.timeout(60_000);
  let directory: string;
  let built: string;
  let twin: Twin;
  let world: VaultWorld;

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "hedgerow-abi-"));
    built = path.join(directory, "package");
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    world = await createVaultWorld(twin);
    const book = (file: string, content: object): void => {
      const where = path.join(directory, "deployments", file);
      mkdirSync(path.dirname(where), { recursive: true });
      writeFileSync(where, JSON.stringify(content));
    };
    const { vault } = world.addresses;
    const url = "http://127.0.0.1:8545";
    book("twin/system.json", { chainId: 31_337, ...world.system });
    book("twin/hrTEST/addresses.json", { chainId: 31_337, rpcUrl: url, vault: vault.toLowerCase() });
    book("local/hrLOCAL/addresses.json", { chainId: 5, vault });
    buildAbiPackage(built, path.join(directory, "deployments"));
  });
  after(async () => {
    await twin.close();
    rmSync(directory, { recursive: true });
  });

  it("speaks to a vault at the address it names", async () => {
    const { hedgedVaultAbi, vaultLensAbi, addresses } = (await import(
      pathToFileURL(path.join(built, "index.js")).href
    )) as Built;
    const { vault: address } = world.addresses;
    expect(addresses).to.deep.equal({ 31_337: { system: world.system, vaults: { hrTEST: { vault: address } } } });
    const { system, vaults } = addresses[31_337]!;
    const vault = new Contract(vaults["hrTEST"]!["vault"]!, hedgedVaultAbi, twin.ethers.provider);
    expect(await vault.getFunction("name")()).to.equal("Hedgerow test vault");
    const lens = new Contract(system["lens"]!, vaultLensAbi, twin.ethers.provider);
    const [, , results] = (await lens.getFunction("read")([world.addresses.vault])) as [
      bigint,
      bigint,
      { ok: boolean }[],
    ];
    expect(results[0]?.ok).to.equal(true);
  });

  it("is packed whole, with the root's version", () => {
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    const output = execFileSync(npm, ["pack", "--dry-run", "--json", built], { encoding: "utf8", stdio: "pipe" });
    const listed: unknown = JSON.parse(output);
    const [pack] = (Array.isArray(listed) ? listed : Object.values(listed as object)) as {
      name: string;
      version: string;
      files: { path: string }[];
    }[];
    expect(pack).to.include({ name: "hedgerow-abi", version: packageJson.version });
    const files = pack!.files.map((file) => file.path);
    expect(files).to.include.members(["index.js", "index.d.ts", "README.md", "LICENSE", "package.json"]);
    expect(files.filter((file) => file.startsWith("abi/"))).to.have.length(11);
    expect(files).to.include("abi/HedgedVault.json");
  });

  it("keeps the literal types that libraries infer calls from", () => {
    const file = path.join(directory, "use.ts");
    const check = (name: string): readonly string[] => {
      const source = `import { hedgedVaultAbi } from "./package/index.js";
type Names = Extract<(typeof hedgedVaultAbi)[number], { type: "function" }>["name"];
export const name: Names = ${JSON.stringify(name)};\n`;
      writeFileSync(file, source);
      const options = { noEmit: true, strict: true, module: ts.ModuleKind.NodeNext, types: [] };
      return ts.getPreEmitDiagnostics(ts.createProgram([file], options)).map(({ code }) => String(code));
    };
    expect(check("requestRedeem")).to.deep.equal([]);
    expect(check("stealEverything")).to.deep.equal(["2322"]);
  });

  it("has the ABIs of the build, and says which networks contradict each other", () => {
    const json = JSON.parse(readFileSync(path.join(built, "abi/HedgedVault.json"), "utf8")) as unknown;
    const artifact = JSON.parse(readFileSync("artifacts/contracts/HedgedVault.sol/HedgedVault.json", "utf8")) as {
      abi: unknown;
    };
    expect(json).to.deep.equal(artifact.abi);
    const other = path.join(directory, "other");
    for (const network of ["a", "b"]) {
      mkdirSync(path.join(other, network, "hrX"), { recursive: true });
      writeFileSync(path.join(other, network, "hrX", "addresses.json"), '{"chainId": 7}');
    }
    expect(() => buildAbiPackage(path.join(directory, "x"), other)).to.throw("are both of chain 7");
    writeFileSync(path.join(other, "b", "system.json"), '{"chainId": 8}');
    expect(() => buildAbiPackage(path.join(directory, "x"), other)).to.throw("of the chains 7 and 8");
    writeFileSync(path.join(other, "b", "system.json"), "{");
    expect(() => buildAbiPackage(path.join(directory, "x"), other)).to.throw("is not JSON");
  });

  it("replaces an older package, and leaves other files alone", () => {
    expect(buildAbiPackage(built, path.join(directory, "deployments")).chains).to.deep.equal([31_337]);
    expect(buildAbiPackage(path.join(directory, "none"), path.join(directory, "nowhere")).chains).to.deep.equal([]);
    const mine = path.join(directory, "mine");
    mkdirSync(mine);
    writeFileSync(path.join(mine, "thesis.tex"), "");
    expect(() => buildAbiPackage(mine, path.join(directory, "deployments"))).to.throw("holds other files");
  });
});
