import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { Wallet } from "ethers";

import { startFakeNode } from "./fakeNode.ts";
import { EXIT, run, type CliRun } from "./host.ts";

const ROLES = [
  ...["--admin", "0x00000000000000000000000000000000000ad001"],
  ...["--keeper", "0x00000000000000000000000000000000000ad002"],
  ...["--guardian", "0x00000000000000000000000000000000000ad003"],
];
const KEY = `0x${"11".repeat(32)}`;

/** The one line that a refused command ends with. */
function sentence({ code, stdout, stderr }: CliRun): string {
  expect(code).to.equal(EXIT.failed);
  expect(stdout).to.equal("");
  const lines = stderr.trim().split("\n");
  expect(lines, stderr).to.have.lengthOf(1);
  return lines[0] ?? "";
}

describe("hedgerow deploy", () => {
  it("says in one line what to set when no node is known", async () => {
    const text = sentence(await run(["deploy", "--network", "sepolia", "--dry-run"]));
    expect(text).to.equal(
      "hedgerow: No node of Sepolia is known. Set SEPOLIA_RPC_URL to the URL of one, or give --rpc URL.",
    );
  });

  it("names the networks, the missing roles and the missing account", async () => {
    expect(sentence(await run(["deploy", "--network", "goerli"]))).to.include("mainnet, arbitrum, base, sepolia");
    expect(sentence(await run(["deploy"]))).to.include("--network is missing");
    const variables = { SEPOLIA_RPC_URL: "http://127.0.0.1:1" };
    expect(sentence(await run(["deploy", "--network", "sepolia"], variables))).to.include(
      "--admin ADDRESS --keeper ADDRESS",
    );
    expect(sentence(await run(["deploy", "--network", "sepolia", "--admin", "0x12"], variables))).to.include("--admin");
    expect(sentence(await run(["deploy", "--network", "sepolia", ...ROLES], variables))).to.include("does not answer");
  });

  it("refuses another chain and, on a public one, a bare key", async () => {
    const node = await startFakeNode({ eth_chainId: () => "0xaa36a7" });
    try {
      const to = (network: string, ...more: readonly string[]) =>
        run(["deploy", "--network", network, "--rpc", node.url, ...ROLES, ...more], { KEY });
      expect(sentence(await to("mainnet"))).to.include("serves chain 11155111, expected 1");
      expect(sentence(await to("sepolia"))).to.include("Whose account?");
      expect(sentence(await to("sepolia", "--private-key-env", "KEY", "--yes"))).to.include("--keystore");
      expect(node.asked).to.not.include("eth_sendRawTransaction");
    } finally {
      await node.close();
    }
  });
});

describe("hedgerow keystore", () => {
  let directory: string;
  const at = (name: string): string => path.join(directory, name);
  const files = (name: string): readonly string[] => [
    "--keystore",
    at(`${name}.json`),
    "--password-file",
    at(`${name}.pw`),
  ];

  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), "hedgerow-keystore-"));
  });
  after(() => rmSync(directory, { recursive: true }));

  it("makes a key that opens with the password it made, for its owner alone", async () => {
    const { code, stdout, stderr } = await run(["keystore", "new", ...files("new"), "--json"]);
    expect(code, stderr).to.equal(EXIT.done);
    const { address } = JSON.parse(stdout) as { address: string };
    const password = readFileSync(at("new.pw"), "utf8").trim();
    expect(password.length).to.be.at.least(32);
    const opened = await Wallet.fromEncryptedJson(readFileSync(at("new.json"), "utf8"), password);
    expect(opened.address).to.equal(address);
    for (const name of ["new.json", "new.pw"]) expect(statSync(at(name)).mode & 0o777, name).to.equal(0o600);
  }).timeout(60_000);

  it("encrypts a key that exists, and shows it to nobody", async () => {
    writeFileSync(at("key.txt"), `${KEY}\n`);
    writeFileSync(at("mine.pw"), "long enough\n");
    const { code, stdout, stderr } = await run([
      "keystore",
      "import",
      ...files("mine"),
      "--private-key-file",
      at("key.txt"),
    ]);
    expect(code, stderr).to.equal(EXIT.done);
    expect(stdout).to.include(new Wallet(KEY).address);
    expect(stdout + stderr + readFileSync(at("mine.json"), "utf8")).to.not.include("1111111111");
    expect(stderr).to.include("remove");
  }).timeout(60_000);

  it("never replaces a keystore, and takes no key that is none", async () => {
    writeFileSync(at("there.json"), "{}");
    expect(sentence(await run(["keystore", "new", ...files("there")]))).to.include("is not replaced");
    writeFileSync(at("bad.txt"), "s3cret");
    const text = sentence(await run(["keystore", "import", ...files("bad"), "--private-key-file", at("bad.txt")]));
    expect(text).to.include("64 hex digits").and.not.include("s3cret");
    writeFileSync(at("empty.pw"), "\n");
    expect(sentence(await run(["keystore", "new", ...files("empty")]))).to.include("is empty");
    expect(sentence(await run(["keystore", "new"]))).to.include("--keystore, --password-file are missing");
  });
});
