//! The crate's source for the rules: which names each file takes from which other file.
//!
//! A name is followed through `use` to the file that defines it. Macros and attributes are read
//! too; test modules are not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemUse, UseTree, Visibility};

/// A module's file.
pub struct File {
    /// Its path below `src`.
    pub path: String,
    /// The files that it depends on, each with one name taken from it.
    pub names: BTreeMap<String, String>,
    /// Paths into other crates, such as `tokio::time::timeout`, and macros, such as `println!`.
    pub foreign: BTreeSet<String>,
    /// Methods that it calls.
    pub calls: BTreeSet<String>,
    /// Its crate-visible types.
    pub types: Vec<String>,
}

impl File {
    pub fn room(&self) -> &str {
        room(&self.path)
    }
}

/// The room of a file, its first directory.
pub fn room(path: &str) -> &str {
    path.split('/').next().unwrap()
}

/// All files below `src`, read once.
pub fn files() -> &'static [File] {
    static READ: OnceLock<Vec<File>> = OnceLock::new();
    READ.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut modules = Modules(BTreeMap::new());
        modules.load(&root, "lib.rs", &[]);
        assert!(modules.0.len() > 30, "the source was not found");
        let paths = modules.0.keys();
        paths.map(|path| modules.file(path)).collect()
    })
}

/// The methods that the traits of a file have.
pub fn methods(path: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let parsed = syn::parse_file(&fs::read_to_string(root.join(path)).unwrap()).unwrap();
    let mut all = Vec::new();
    for item in parsed.items {
        let Item::Trait(item) = item else { continue };
        for method in item.items {
            let syn::TraitItem::Fn(method) = method else {
                continue;
            };
            all.push(method.sig.ident.to_string());
        }
    }
    all
}

/// The words of a path, such as `crate`, `model`, `seen`, `Seen`.
type Words = Vec<String>;

/// A parsed module.
struct Module {
    file: String,
    items: Vec<Item>,
    /// Names that `use` imports, with their full paths.
    brought: BTreeMap<String, Words>,
}

/// Modules by their paths, without `crate`.
struct Modules(BTreeMap<Words, Module>);

impl Modules {
    fn load(&mut self, root: &Path, file: &str, path: &[String]) {
        let text = fs::read_to_string(root.join(file)).unwrap();
        let parsed = syn::parse_file(&text).unwrap();
        let mut items = parsed.items;
        items.retain(|item| !is_for_tests(item));
        let directory = match file.rsplit_once('/') {
            None => String::new(),
            Some((directory, "mod.rs")) => format!("{directory}/"),
            Some(_) => format!("{}/", file.trim_end_matches(".rs")),
        };
        let mut brought = BTreeMap::new();
        for item in &items {
            match item {
                Item::Use(ItemUse { tree, .. }) => bring(tree, &[], &mut brought),
                Item::Mod(module) => {
                    assert!(module.content.is_none(), "{file} has a module within");
                    let name = module.ident.to_string();
                    let beside = format!("{directory}{name}.rs");
                    let within = format!("{directory}{name}/mod.rs");
                    let is_beside = root.join(&beside).exists();
                    let child = if is_beside { beside } else { within };
                    self.load(root, &child, &[path, &[name]].concat());
                }
                _ => {}
            }
        }
        let file = file.to_owned();
        let module = Module {
            file,
            items,
            brought,
        };
        self.0.insert(path.to_vec(), module);
    }

    fn file(&self, path: &[String]) -> File {
        let module = &self.0[path];
        let mut reader = Reader::default();
        module.items.iter().for_each(|item| reader.visit_item(item));
        reader.paths.extend(module.brought.values().cloned());
        let mut names = BTreeMap::new();
        let mut foreign = reader.macros;
        for words in &reader.paths {
            match self.definition(path, words) {
                Some((file, name)) if file != module.file => {
                    names.insert(file, name);
                }
                Some(_) => {}
                None => {
                    foreign.insert(self.spelled(path, words).join("::"));
                }
            }
        }
        File {
            path: module.file.clone(),
            names,
            foreign,
            calls: reader.calls,
            types: module.items.iter().filter_map(type_of).collect(),
        }
    }

    /// The file that defines the path `words` in the module at `at`, with the item's name; none for
    /// another crate.
    fn definition(&self, at: &[String], words: &[String]) -> Option<(String, String)> {
        let mut rest = words.to_vec();
        let mut module = at.to_vec();
        match rest[0].as_str() {
            "crate" => module.clear(),
            "self" | "super" => {}
            first => {
                let is_child = self.0.contains_key(&[at, &[first.to_owned()]].concat());
                let is_brought = self.0[at].brought.contains_key(first);
                if !is_child && !is_brought {
                    // An item of the module itself, or a variant of its enum.
                    return (rest.len() == 1 || self.defines(at, first))
                        .then(|| (self.0[at].file.clone(), first.to_owned()));
                }
            }
        }
        while let Some(word) = rest.first().cloned() {
            let child = [&module[..], std::slice::from_ref(&word)].concat();
            match word.as_str() {
                "crate" | "self" => {}
                "super" => {
                    module.pop();
                }
                _ if self.0.contains_key(&child) => module = child,
                _ => {
                    return match self.0[&module].brought.get(&word) {
                        Some(elsewhere) if *elsewhere != rest => {
                            let whole = [elsewhere, &rest[1..]].concat();
                            self.definition(&module, &whole)
                        }
                        _ => Some((self.0[&module].file.clone(), word)),
                    };
                }
            }
            rest.remove(0);
        }
        // The path is a module; paths to its items are found elsewhere.
        None
    }

    fn defines(&self, at: &[String], name: &str) -> bool {
        let mut items = self.0[at].items.iter();
        items.any(|item| named(item).is_some_and(|ident| ident == name))
    }

    /// The full path into another crate.
    fn spelled(&self, at: &[String], words: &[String]) -> Words {
        match self.0[at].brought.get(&words[0]) {
            Some(whole) if whole[0] != words[0] => [whole, &words[1..]].concat(),
            _ => words.to_vec(),
        }
    }
}

fn is_for_tests(item: &Item) -> bool {
    let attributes: &[Attribute] = match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|one| {
        let list = one.meta.require_list();
        let is_for_tests = |tokens: String| tokens == "test" || tokens.starts_with("all (test ,");
        one.path().is_ident("cfg") && list.is_ok_and(|list| is_for_tests(list.tokens.to_string()))
    })
}

fn bring(tree: &UseTree, before: &[String], brought: &mut BTreeMap<String, Words>) {
    let with = |name: String| [before, &[name]].concat();
    match tree {
        UseTree::Path(path) => bring(&path.tree, &with(path.ident.to_string()), brought),
        UseTree::Name(name) if name.ident == "self" => {
            brought.insert(before.last().unwrap().clone(), before.to_vec());
        }
        UseTree::Name(name) => {
            brought.insert(name.ident.to_string(), with(name.ident.to_string()));
        }
        UseTree::Rename(rename) => {
            // Traits that are imported as `_` are kept apart by their own names.
            let here = match rename.rename.to_string().as_str() {
                "_" => format!("_{}", rename.ident),
                other => other.to_owned(),
            };
            brought.insert(here, with(rename.ident.to_string()));
        }
        UseTree::Group(group) => group
            .items
            .iter()
            .for_each(|one| bring(one, before, brought)),
        UseTree::Glob(_) => panic!("`{}::*` hides what is used", before.join("::")),
    }
}

fn named(item: &Item) -> Option<&syn::Ident> {
    Some(match item {
        Item::Struct(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    })
}

/// The name of a crate-visible type.
fn type_of(item: &Item) -> Option<String> {
    let visibility = match item {
        Item::Struct(item) => &item.vis,
        Item::Enum(item) => &item.vis,
        Item::Trait(item) => &item.vis,
        Item::Type(item) => &item.vis,
        _ => return None,
    };
    let is_seen = match visibility {
        Visibility::Public(_) => true,
        Visibility::Restricted(within) => within.path.is_ident("crate"),
        Visibility::Inherited => false,
    };
    is_seen.then(|| named(item).unwrap().to_string())
}

/// Collects paths, method calls and macros.
#[derive(Default)]
struct Reader {
    paths: BTreeSet<Words>,
    calls: BTreeSet<String>,
    macros: BTreeSet<String>,
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_use(&mut self, _: &'ast ItemUse) {}

    fn visit_item_mod(&mut self, _: &'ast syn::ItemMod) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words = path.segments.iter().map(|word| word.ident.to_string());
        self.paths.insert(words.collect());
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.calls.insert(call.method.to_string());
        visit::visit_expr_method_call(self, call);
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.read_tokens(list.tokens.clone());
    }

    fn visit_macro(&mut self, made: &'ast syn::Macro) {
        let name = made.path.segments.last().unwrap();
        self.macros.insert(format!("{}!", name.ident));
        self.read_tokens(made.tokens.clone());
        visit::visit_macro(self, made);
    }
}

impl Reader {
    /// Macros are not parsed: words joined by `::` are paths, and a word between `.` and `(` is a
    /// call.
    fn read_tokens(&mut self, tokens: TokenStream) {
        let mut path: Words = Vec::new();
        let mut joined = 0;
        let mut after_point = false;
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(ident) => {
                    if joined < 2 {
                        self.paths
                            .extend((!path.is_empty()).then(|| std::mem::take(&mut path)));
                    }
                    if after_point {
                        if matches!(tokens.peek(), Some(TokenTree::Group(_))) {
                            self.calls.insert(ident.to_string());
                        }
                    } else {
                        path.push(ident.to_string());
                    }
                    (joined, after_point) = (0, false);
                }
                TokenTree::Punct(sign) if sign.as_char() == ':' => joined += 1,
                TokenTree::Punct(sign) => {
                    after_point = sign.as_char() == '.';
                    joined = 0;
                    self.paths
                        .extend((!path.is_empty()).then(|| std::mem::take(&mut path)));
                }
                TokenTree::Group(group) => {
                    (joined, after_point) = (0, false);
                    self.paths
                        .extend((!path.is_empty()).then(|| std::mem::take(&mut path)));
                    self.read_tokens(group.stream());
                }
                TokenTree::Literal(_) => {}
            }
        }
        self.paths.extend((!path.is_empty()).then_some(path));
    }
}
