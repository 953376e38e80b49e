import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { writeDeployment } from "../../../cli/deployment.ts";
import { startFakeNode } from "./fakeNode.ts";
import type { FakeNode } from "./fakeNode.ts";
import { EXIT, run } from "./host.ts";

const VAULT = "0x856e4424f806D16E8CBC702B3c0F2ede5468eae5";
const LENS = "0x5FC8d32690cc91D4c39d9d3abcBD16989F875707";
const ACCOUNT = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65";

describe("connecting to a vault", () => {
  let node: FakeNode;
  let directory: string;
  let file: string;

  beforeEach(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "hedgerow-cli-"));
    file = path.join(directory, "deep", "addresses.json");
    node = await startFakeNode({
      eth_chainId: () => "0x1",
      eth_getCode: ([address]) => (address === LENS ? "0x" : "0x60"),
      eth_call: () => "0x",
    });
  });

  afterEach(async () => {
    await node.close();
    rmSync(directory, { recursive: true });
  });

  /** Runs status and returns its only line of complaint. */
  async function refusal(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<string> {
    const { code, stdout, stderr } = await run(["status", ...args], variables);
    expect({ code, stdout }).to.deep.equal({ code: EXIT.failed, stdout: "" });
    expect(stderr.trimEnd()).not.to.include("\n");
    return stderr;
  }

  it("refuses a dead node, naming its host and not the key in its path", async () => {
    const { url } = node;
    await node.close();
    const text = await refusal(["--rpc", `${url}/v2/secret`, "--vault", VAULT, "--deployment", write()]);
    expect(text).to.include(url).and.include("does not answer").and.not.include("secret");
  });

  it("refuses what is no JSON-RPC over HTTP", async () => {
    const rest = ["--vault", VAULT, "--deployment", write()];
    expect(await refusal(["--rpc", "nonsense", ...rest])).to.include("is not a URL");
    expect(await refusal(["--rpc", "ws://127.0.0.1:1", ...rest])).to.include("http and https");
  });

  it("refuses another chain than the deployment's or the one asked for", async () => {
    expect(await refusal(["--deployment", write({ chainId: 31_337 })])).to.include("serves chain 1, expected 31337");
    expect(await refusal(["--deployment", write(), "--chain-id", "5"])).to.include("serves chain 1, expected 5");
  });

  it("refuses addresses without code and texts that are no addresses", async () => {
    expect(await refusal(["--deployment", write()]))
      .to.include("no contract at the lens's address")
      .and.include(LENS);
    expect(await refusal(["--deployment", write(), "--vault", "0x12"]))
      .to.include("--vault")
      .and.include("not an address");
    // one letter's case makes a wrong checksum
    expect(await refusal(["--deployment", write(), "--vault", VAULT.replace("F2e", "f2e")])).to.include(
      "not an address",
    );
  });

  it("takes the deployment from the environment, and says which file cannot be used", async () => {
    expect(await refusal([], { HEDGEROW_DEPLOYMENT: write({ chainId: 7 }) })).to.include("expected 7");
    expect(await refusal(["--deployment", path.join(directory, "none.json")]))
      .to.include("none.json")
      .and.include("ENOENT");
    writeFileSync(file, "{");
    expect(await refusal(["--deployment", file])).to.include("is not JSON");
    writeFileSync(file, JSON.stringify({ chainId: 1 }));
    expect(await refusal(["--deployment", file])).to.include("vault");
  });

  it("finds the node of a public network in the variable that the deployment names", async () => {
    const named = write({ chainId: 7 });
    const rest = JSON.parse(readFileSync(named, "utf8")) as Record<string, unknown>;
    delete rest["rpcUrl"];
    writeFileSync(named, JSON.stringify({ ...rest, rpcVariable: "SEPOLIA_RPC_URL" }));
    expect(await refusal([], { HEDGEROW_DEPLOYMENT: named, SEPOLIA_RPC_URL: node.url })).to.include("expected 7");
    expect(await refusal([], { HEDGEROW_DEPLOYMENT: named })).to.include("--rpc URL");
  });

  it("looks at nothing else before a preview has an account, and never sends in one", async () => {
    const args = ["claim", "--rpc", node.url, "--vault", VAULT, "--account", ACCOUNT];
    const { code, stderr } = await run(args, { HEDGEROW_DEPLOYMENT: write() });
    expect(code).to.equal(EXIT.failed);
    expect(stderr).to.include("lens");
    expect(node.asked).not.to.include("eth_sendRawTransaction");
  });

  function write(change: { readonly chainId?: number } = {}): string {
    const [base, quote] = [ACCOUNT, ACCOUNT];
    writeDeployment(file, { chainId: 1, rpcUrl: node.url, vault: VAULT, lens: LENS, base, quote, ...change });
    return file;
  }
});
