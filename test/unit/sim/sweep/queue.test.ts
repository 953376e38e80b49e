import { PGlite } from "@electric-sql/pglite";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import type { Db } from "pg-boss";

import { QueueError, SweepJobError, runSweepOnQueue, workOnSweeps } from "../../../../sdk/sim/sweep/queue.ts";
import { gatherSweep, planSweep, runSweepJob } from "../../../../sdk/sim/sweep/sweep.ts";
import { BASE, GRID } from "./small.ts";

const PATHS = 20;
const SMALL = { ...GRID, riskAversions: [1e-3], stripShares: [0] };

/** A genuine PostgreSQL inside this process. */
function serve(database: PGlite): Db {
  return {
    executeSql: async (text, values) => {
      if (values !== undefined && values.length > 0) return await database.query(text, values);
      try {
        const results = await database.exec(text);
        return { rows: results.flatMap(({ rows }) => rows) };
      } catch (error) {
        // There is one session for all: a transaction that failed must not stay open for the others.
        await database.exec("ROLLBACK");
        throw error;
      }
    },
  };
}

describe("a sweep on a queue", () => {
  let database: PGlite;
  let queue: Db;

  before(async () => {
    database = await PGlite.create();
    queue = serve(database);
    // Sets the tables up: locks between sessions, which would keep two from doing it at once, do nothing in a single one.
    await runSweepOnQueue(queue, []);
  });
  after(() => database.close());

  it("gives what one machine alone gives, from several workers, and reports progress", async () => {
    const jobs = planSweep(BASE, SMALL, PATHS);
    const done = new AbortController();
    const events: string[] = [];
    const workers = ["a", "b"].map((name) =>
      workOnSweeps(queue, { signal: done.signal, onJob: (_, outcome) => events.push(`${name} ${outcome}`) }),
    );
    const progress: number[] = [];
    const found = await runSweepOnQueue(queue, jobs, { onProgress: (finished) => progress.push(finished) });
    done.abort();
    await Promise.all(workers);
    expect(gatherSweep(jobs, found)).to.deep.equal(
      gatherSweep(jobs, await Promise.all(jobs.map((job) => runSweepJob(job)))),
    );
    expect(progress).to.deep.equal(jobs.map((_, i) => i + 1));
    expect(events.filter((event) => event.endsWith("finished"))).to.have.length(jobs.length);
  });

  it("names a job that nobody can do, after its retries, and cancels the rest when it is stopped", async () => {
    const [job] = planSweep(BASE, SMALL, PATHS);
    if (job === undefined) throw new Error("no job");
    const impossible = { ...job, paths: -1 };
    const done = new AbortController();
    const worker = workOnSweeps(queue, { signal: done.signal });
    const failure = await runSweepOnQueue(queue, [impossible]).then(
      () => undefined,
      (error: unknown) => error,
    );
    done.abort();
    await worker;
    expect(failure).to.be.instanceOf(SweepJobError);
    expect((failure as SweepJobError).reason).to.contain("paths is -1");

    // Nobody works now: what was sent waits until Ctrl-C takes it back.
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 1_000);
    const stopped = await runSweepOnQueue(queue, [job], { signal: stop.signal }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect((stopped as Error).name).to.equal("AbortError");
    const { rows } = await database.query("SELECT state FROM pgboss.job ORDER BY created_on DESC LIMIT 1");
    expect(rows).to.deep.equal([{ state: "cancelled" }]);
  });

  it("says so when there is no database", async () => {
    const failure = await runSweepOnQueue("postgres://nobody@127.0.0.1:9/none", []).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).to.be.instanceOf(QueueError);
    expect((failure as Error).message).to.contain("Check the address");
  });
});
