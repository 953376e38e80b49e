import { request } from "node:http";

import { expect } from "chai";

import { startDashboard } from "../../../web/server.ts";
import type { Dashboard } from "../../../web/server.ts";
import type { DashboardState } from "../../../web/state.ts";

const STATE: DashboardState = {
  phase: "replaying",
  subtitle: "a market",
  units: { base: "WETH", quote: "USDC" },
  progress: { done: 1, total: 2 },
  figures: [["Price", "2,000.00 USDC"]],
  equity: { timestamps: [], vault: [], unhedged: [], hold: [] },
  track: [],
  trades: [],
};

describe("startDashboard", () => {
  let dashboard: Dashboard;
  let reads = 0;

  before(async () => {
    dashboard = await startDashboard({
      port: 0,
      readState: () => {
        reads += 1;
        return STATE;
      },
    });
  });
  after(() => dashboard.close());

  it("listens on this machine only", () => {
    expect(new URL(dashboard.url).hostname).to.equal("127.0.0.1");
  });

  it("serves a page that loads nothing from elsewhere", async () => {
    const response = await fetch(dashboard.url);
    const page = await response.text();
    expect(response.headers.get("content-type")).to.include("text/html");
    expect(response.headers.get("content-security-policy")).to.include("default-src 'none'");
    expect(page)
      .to.include('src="/echarts.min.js"')
      .and.not.match(/https?:\/\//);
    const script = await fetch(`${dashboard.url}/echarts.min.js`);
    expect(script.status).to.equal(200);
    expect((await script.text()).length).to.be.above(100_000);
  });

  it("serves the state of the moment", async () => {
    const before = reads;
    expect(await (await fetch(`${dashboard.url}/state.json`)).json()).to.deep.equal(STATE);
    expect(reads).to.equal(before + 1);
  });

  it("refuses other paths, methods and hosts", async () => {
    expect((await fetch(`${dashboard.url}/package.json`)).status).to.equal(404);
    expect((await fetch(`${dashboard.url}/..%2fpackage.json`)).status).to.equal(404);
    expect((await fetch(dashboard.url, { method: "POST" })).status).to.equal(405);
    const { port } = new URL(dashboard.url);
    const status = await new Promise((resolve, reject) => {
      request({ host: "127.0.0.1", port, headers: { host: "rebound.example" } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
    expect(status).to.equal(403);
  });

  it("says when its port is taken", async () => {
    const port = Number(new URL(dashboard.url).port);
    const error = await startDashboard({ port, readState: () => STATE }).catch((reason: unknown) => reason);
    expect(error).to.include({ code: "EADDRINUSE" });
  });
});
