// Does with jsforce, unmodified, what `world.py` describes; reads the setting from stdin, prints a line of JSON per
// operation. The folder whose node_modules has jsforce is the only argument.

import { createRequire } from "node:module";
import path from "node:path";
import { text } from "node:stream/consumers";

const jsforce = createRequire(path.join(process.argv[2], "package.json"))("jsforce");
const setting = JSON.parse(await text(process.stdin));
const { ids, version } = setting;

const conn = new jsforce.Connection({
  version,
  oauth2: { loginUrl: setting.url, clientId: setting.client_id, clientSecret: setting.client_secret },
});
const contacts = () => conn.sobject("Contact");

async function codeOf(promise) {
  try {
    await promise;
    return "accepted";
  } catch (error) {
    return error.errorCode ?? error.name;
  }
}

function counted(failedCodes, total) {
  const failed = {};
  for (const code of failedCodes) failed[code] = (failed[code] ?? 0) + 1;
  return { succeeded: total - failedCodes.length, failed };
}

const operations = {
  async login_soap() {
    const old = new jsforce.Connection({ loginUrl: setting.url, version: "64.0" });
    const user = await old.login(setting.username, setting.password + setting.security_token);
    return user.organizationId;
  },
  async login() {
    const user = await conn.authorize({ grant_type: "client_credentials" });
    return user.organizationId;
  },
  async query() {
    const { totalSize, records } = await conn.query(setting.soql, { autoFetch: true, maxFetch: 10_000 });
    return { total: totalSize, first: records[0].LastName, last: records.at(-1).LastName };
  },
  async update() {
    const { success } = await contacts().update({ Id: ids[0], Title: "Updated" });
    return success;
  },
  async update_refused() {
    return codeOf(contacts().update({ Id: ids[1], Contact_Status__c: "Gone" }));
  },
  async collections() {
    const results = await contacts().update(
      setting.collection.map((record) => ({ Id: record.Id, Title: record.Title })),
      { allowRecursive: true, allOrNone: false },
    );
    const codes = results.filter((result) => !result.success).map((result) => result.errors[0].statusCode);
    return counted(codes, results.length);
  },
  async composite() {
    const answer = await conn.requestPost(`/services/data/v${version}/composite`, setting.composite);
    return answer.compositeResponse.map((part) => part.httpStatusCode);
  },
  async create_and_delete() {
    const { id } = await contacts().create({ LastName: "Created" });
    const { LastName } = await contacts().retrieve(id);
    await contacts().destroy(id);
    return [LastName, await codeOf(contacts().retrieve(id))];
  },
  async bulk_query() {
    conn.bulk2.pollInterval = 50;
    const records = await (await conn.bulk2.query(setting.soql)).toArray();
    return { total: records.length, first: records[0].LastName, last: records.at(-1).LastName };
  },
  async bulk_ingest() {
    const job = conn.bulk2.createJob({ operation: "update", object: "Contact" });
    await job.open();
    await job.uploadData(setting.load);
    await job.close();
    await job.poll(50, 10_000);
    const { successfulResults, failedResults, unprocessedRecords } = await job.getAllResults();
    const codes = failedResults.map((row) => row.sf__Error.split(":")[0]);
    return counted(codes, successfulResults.length + failedResults.length + unprocessedRecords.length);
  },
  async describe() {
    const { fields } = await contacts().describe();
    const status = fields.find((field) => field.name === "Contact_Status__c");
    return status.picklistValues.map((entry) => entry.value);
  },
  async limits() {
    const { DailyApiRequests } = await conn.limits();
    return DailyApiRequests.Max;
  },
};

for (const [operation, run] of Object.entries(operations)) {
  const started = performance.now();
  let outcome;
  try {
    outcome = { answer: await run() };
  } catch (error) {
    outcome = { error: `${error.name}: ${error.message}` };
  }
  console.log(JSON.stringify({ operation, seconds: (performance.now() - started) / 1000, ...outcome }));
}
