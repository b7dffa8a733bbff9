// Starts `pyorpc idl lsp` and lets the editor talk to it.
const { workspace } = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

let client;

exports.activate = function () {
  const [command, ...args] = workspace.getConfiguration("midl").get("command");
  client = new LanguageClient(
    "midl",
    "MIDL",
    { command, args, transport: TransportKind.stdio },
    {
      documentSelector: [{ language: "midl" }],
      synchronize: { fileEvents: workspace.createFileSystemWatcher("**/*.idl") },
    },
  );
  return client.start();
};

exports.deactivate = function () {
  return client && client.stop();
};
