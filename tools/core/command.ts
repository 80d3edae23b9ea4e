/** commander is an ES module and this project compiles to CommonJS: its types come by this way, its code by `import()`. */
export type Command = import("commander", { with: { "resolution-mode": "import" }}).Command;
