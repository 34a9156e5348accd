// Holds both documents, as they are served, to parsers that others wrote, and the golden bodies, which the Go tests
// write, to both documents' schemas.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import asyncapi from "@asyncapi/specs";
import { createConfig, lint } from "@redocly/openapi-core";
import Ajv from "ajv";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const root = resolve(import.meta.dirname, "../..");
const read = (name) => JSON.parse(readFileSync(resolve(root, "testdata", name), "utf8"));
const documents = { openapi: read("documents/openapi.json"), asyncapi: read("documents/asyncapi.json") };

/** What Redocly's parser finds: the structure by the specification, references, and what a careful author minds. */
async function findings(document) {
  const folder = mkdtempSync(join(tmpdir(), "documents-"));
  try {
    const file = join(folder, "document.json");
    writeFileSync(file, JSON.stringify(document));
    const config = await createConfig({ extends: ["recommended-strict"] });
    const problems = await lint({ ref: file, config });
    return problems.map((p) => `${p.ruleId} ${p.location[0]?.pointer}: ${p.message}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What AsyncAPI's own JSON Schema finds. */
const official = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(asyncapi.schemasWithoutId["3.0.0"]);
const againstOfficial = (document) => (official(document) ? [] : official.errors.map((e) => `${e.instancePath} ${e.message}`));

/** A copy of a document with one thing changed. */
function broken(document, change) {
  const copy = structuredClone(document);
  change(copy);
  return copy;
}

for (const name of Object.keys(documents)) {
  test(`REST-63 Redocly's parser finds nothing wrong with ${name}.json`, async () => {
    assert.deepEqual(await findings(documents[name]), []);
  });
}
test("REST-63 AsyncAPI's own schema finds nothing wrong with asyncapi.json", () => {
  assert.deepEqual(againstOfficial(documents.asyncapi), []);
});

const mistakes = {
  openapi: {
    "a reference that leads nowhere": (d) => (d.paths["/api/me"].get.responses["200"].content["application/json"].schema.$ref = "#/components/schemas/None"),
    "a member that the specification doesn't know": (d) => (d.paths["/api/me"].get.returns = "x"),
    "an operation without answers": (d) => delete d.paths["/api/me"].get.responses,
    "two operations of one name": (d) => (d.paths["/api/me"].get.operationId = "login"),
    "a path parameter that isn't declared": (d) => delete d.paths["/api/conversations/{id}"].get.parameters,
    "a type that JSON Schema doesn't know": (d) => (d.components.schemas.Conversation.properties.version.type = "int"),
  },
  asyncapi: {
    // References are followed by the Go tests of REST-43 and REST-46.
    "a channel's address that is none": (d) => (d.channels.socket.address = 5),
    "an action that there isn't": (d) => (Object.values(d.operations)[0].action = "subscribe"),
    "an operation without a channel": (d) => delete Object.values(d.operations)[0].channel,
    "a server without a protocol": (d) => delete d.servers.socket.protocol,
    "a type that JSON Schema doesn't know": (d) => (d.components.schemas.Conversation.properties.version.type = "int"),
  },
};
for (const [name, changes] of Object.entries(mistakes)) {
  for (const [mistake, change] of Object.entries(changes)) {
    test(`REST-63 ${mistake} in ${name}.json would be found`, async () => {
      const document = broken(documents[name], change);
      const found = [...(await findings(document)), ...(name === "asyncapi" ? againstOfficial(document) : [])];
      assert.notDeepEqual(found, []);
    });
  }
}

/**
 * A validator of a document's schemas. Bodies may gain members for those who read them; here one that isn't
 * documented is a mistake. Problems alone have members of their own.
 */
function validator(name) {
  const document = structuredClone(documents[name]);
  for (const [key, schema] of Object.entries(document.components.schemas)) {
    if (key !== "Problem" && schema.type === "object") schema.additionalProperties = false;
  }
  // The integers' formats (int64) are OpenAPI's.
  const ajv = addFormats(new Ajv2020({ strict: false, allErrors: true }));
  ajv.addSchema(document, name);
  return (pointer, body) => {
    const validate = ajv.getSchema(`${name}#${pointer}`) ?? ajv.compile({ $ref: `${name}#${pointer}` });
    return validate(body) ? [] : validate.errors.map((e) => `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`);
  };
}

const escape = (part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
const pointer = (...parts) => parts.map((part) => `/${escape(part)}`).join("");
const answer = (method, path, status) =>
  pointer("paths", path, method, "responses", String(status), "content", status < 400 ? "application/json" : "application/problem+json", "schema");

/** Which answer each golden body of REST is, as the Go tests that write them say. */
const answers = Object.fromEntries(
  Object.entries(read("goldens.json")).map(([file, call]) => {
    const [method, path, status] = call.split(" ");
    return [file, answer(method.toLowerCase(), path, status)];
  }),
);

const queues = { inbound: "INBOUND_WHATSAPP_MESSAGES", status: "WHATSAPP_STATUS_UPDATES" };

/** Where the schema of a golden body stands, by the file's name. */
function placeOf(file) {
  const [kind, ...rest] = file.split(".").slice(0, -1);
  switch (kind) {
    case "rest":
      return ["openapi", answers[file]];
    case "event":
      return ["asyncapi", pointer("components", "messages", `server.${rest[0].replace("-", ".")}`, "payload")];
    case "live":
      return ["asyncapi", pointer("components", "messages", `server.${rest[0].replace("-", ".")}`, "payload")];
    case "ack":
      return ["asyncapi", pointer("components", "messages", "ack", "payload")];
    case "queue":
      return ["asyncapi", pointer("components", "messages", queues[rest[0]], "payload")];
    case "message":
      return ["openapi", pointer("components", "schemas", "Message")];
  }
  return [];
}

/** Where the bodies stand that the documents have: all JSON answers of the API, all messages that leave the server or wait in a queue. */
function promised() {
  const places = [];
  for (const [path, item] of Object.entries(documents.openapi.paths)) {
    if (!path.startsWith("/api/") || path.endsWith(".json")) continue; // others', or a document
    for (const [method, operation] of Object.entries(item)) {
      for (const [status, { content }] of Object.entries(operation.responses)) {
        if (content?.["application/json"]) places.push(`${method} ${path} ${status}`);
      }
    }
  }
  const messages = Object.entries(documents.asyncapi.components.messages);
  return [...places, ...messages.filter(([key, { payload }]) => payload && !key.startsWith("client.")).map(([key]) => key)];
}

test("REST-67 each body that the documents have has a golden one", () => {
  const there = new Set(Object.values(read("goldens.json")).map((call) => call.replace(/^\S+/, (method) => method.toLowerCase())));
  // The same answer whether a reply is new or was sent before.
  there.add("post /api/conversations/{id}/messages 200");
  for (const file of readdirSync(resolve(root, "testdata/golden"))) {
    const [document, place] = placeOf(file);
    if (document === "asyncapi") there.add(place.split("/")[3]);
  }
  assert.deepEqual(promised().filter((body) => !there.has(body)), []);
});

test("REST-67 so has each code of an acknowledgement, and each reason of an update", () => {
  const { AckError, ConversationUpdatedBody } = documents.asyncapi.components.schemas;
  const bodies = readdirSync(resolve(root, "testdata/golden")).map((file) => read(`golden/${file}`));
  const codes = new Set(bodies.map((body) => body.error?.code));
  assert.deepEqual(AckError.properties.code.enum.filter((code) => !codes.has(code)), []);
  const reasons = new Set(bodies.map((body) => body.reason));
  assert.deepEqual(ConversationUpdatedBody.properties.reason.enum.filter((reason) => !reasons.has(reason)), []);
});

const validators = { openapi: validator("openapi"), asyncapi: validator("asyncapi") };
for (const file of readdirSync(resolve(root, "testdata/golden"))) {
  test(`REST-64 ${file} fits its schema`, () => {
    const [document, place] = placeOf(file);
    assert.ok(place, `no schema is known for ${file}`);
    assert.deepEqual(validators[document](place, read(`golden/${file}`)), []);
  });
}
test("REST-64 a body that doesn't fit would be found", () => {
  const page = read("golden/rest.messages.json");
  const wrong = (change) => validators.openapi(answers["rest.messages.json"], broken(page, change));
  assert.notDeepEqual(wrong((p) => (p.messages[0].text = 5)), []);
  assert.notDeepEqual(wrong((p) => delete p.messages[0].wamid), []);
  assert.notDeepEqual(wrong((p) => (p.messages[0].surprise = 1)), []);
  assert.notDeepEqual(wrong((p) => (p.messages[0].createdAt = "yesterday")), []);
});
