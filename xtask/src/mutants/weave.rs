//! Source text with all mutants in it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::{Context, Result};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Arm, Block, Expr, ExprBinary, ExprMatch, ExprStruct, ExprUnary, ImplItemFn, ItemFn, Signature, TraitItemFn};

use super::{Genre, Mutant};

/// A file with its mutants behind the switch.
#[derive(Clone, Debug, Default)]
pub struct Woven {
    /// The text.
    pub text: String,
    /// Which bytes of the text are there for which mutant.
    pieces: Vec<(Range<usize>, u32)>,
    /// Which bytes stand in an expression that is woven, and for which mutants it is.
    regions: Vec<(Range<usize>, Vec<u32>)>,
    /// The mutants that have no place in the text: they stand where constants are computed, or nobody found them.
    pub without: Vec<u32>,
}

impl Woven {
    /// The mutants without which the compiler would not have complained about these bytes: those whose own text it is, or
    /// else those around whose operands it stands. Whether it is their own is also told.
    pub fn guilty(&self, bytes: &Range<usize>) -> (Vec<u32>, bool) {
        let around = |range: &Range<usize>| range.start <= bytes.start && bytes.end <= range.end;
        let own = self.pieces.iter().filter(|(range, _)| around(range)).min_by_key(|(range, _)| range.len());
        if let Some((_, number)) = own {
            return (vec![*number], true);
        }
        let region = self.regions.iter().filter(|(range, _)| around(range)).min_by_key(|(range, _)| range.len());
        (region.map(|(_, numbers)| numbers.clone()).unwrap_or_default(), false)
    }
}

/// Puts mutants of one file behind the switch.
///
/// An expression becomes `(if crate::mutant_switch::on(7) { a - b } else { a + b })`. In the first branch stands the text as
/// it was, but for the mutant, since no other is active there; in the second stand the mutants of the operands. So the text
/// grows with the depth of expressions and not with the number of combinations.
///
/// A `const fn` cannot ask a switch, so it becomes a `fn`, unless its name is among `constant`: those are called where
/// constants are computed.
///
/// # Errors
///
/// The source is no Rust.
pub fn weave(source: &str, mutants: &[&Mutant], constant: &BTreeSet<String>) -> Result<Woven> {
    let file = syn::parse_file(source).context("not Rust")?;
    let lines = Lines::of(source);
    let mut places: BTreeMap<(Genre, usize), Vec<&Mutant>> = BTreeMap::new();
    for &mutant in mutants {
        places.entry((mutant.genre, lines.offset(mutant.start))).or_default().push(mutant);
    }
    let mut weaver =
        Weaver { source, lines, places, constant, choices: Vec::new(), before: Vec::new(), without: Vec::new() };
    weaver.visit_file(&file);
    Ok(weaver.finish())
}

/// The source with one mutant for good, as `cargo mutants` builds it.
pub fn mutated(source: &str, mutant: &Mutant) -> String {
    let lines = Lines::of(source);
    replaced(source, &(0..source.len()), &(lines.offset(mutant.start)..lines.offset(mutant.end)), &mutant.replacement)
}

/// The bytes `whole` of a source, with others for the bytes `part` of it.
fn replaced(source: &str, whole: &Range<usize>, part: &Range<usize>, by: &str) -> String {
    let text = |range: Range<usize>| source.get(range).unwrap_or_default();
    [text(whole.start..part.start), " ", by, " ", text(part.end..whole.end)].concat()
}

/// Where the lines of a source begin.
struct Lines<'s> {
    source: &'s str,
    starts: Vec<usize>,
}

impl<'s> Lines<'s> {
    fn of(source: &'s str) -> Self {
        let starts = std::iter::once(0).chain(source.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { source, starts }
    }

    /// The byte at a line and a column, both from 1 on. Columns count characters.
    fn offset(&self, (line, column): (usize, usize)) -> usize {
        let start = self.starts.get(line - 1).copied().unwrap_or(self.source.len());
        let rest = self.source.get(start..).unwrap_or_default();
        start + rest.char_indices().nth(column - 1).map_or(rest.len(), |(at, _)| at)
    }

    fn range(&self, spanned: &impl Spanned) -> Range<usize> {
        let (start, end) = (spanned.span().start(), spanned.span().end());
        self.offset((start.line, start.column + 1))..self.offset((end.line, end.column + 1))
    }
}

/// An expression or the body of a function, and what can stand for it.
struct Choice {
    range: Range<usize>,
    shape: Shape,
    instead: Vec<(u32, String)>,
    /// Mutants inside that are to blame too for what is wrong with it: arms whose guard leaves a `match` without an answer.
    arms: Vec<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Something else stands for an expression.
    Expression,
    /// Something else is returned before the body begins.
    Returns,
    /// Of the iterator that the body returns nothing is taken. Another one would be of another type.
    Empties,
}

/// What stands for a body that returns some iterator.
const EMPTY: &str = "::std::iter::empty()";

struct Weaver<'s, 'm> {
    source: &'s str,
    lines: Lines<'s>,
    constant: &'s BTreeSet<String>,
    /// The mutants that wait for their place.
    places: BTreeMap<(Genre, usize), Vec<&'m Mutant>>,
    /// In the order of the text, those around others first.
    choices: Vec<Choice>,
    /// What is put in front of a byte, and for which mutant.
    before: Vec<(usize, u32, String)>,
    /// What is left out.
    without: Vec<Range<usize>>,
}

impl Weaver<'_, '_> {
    /// What stands for an expression when a mutant changes the bytes at `part`.
    fn choose(&mut self, genre: Genre, expression: &Expr, part: usize, with: impl Fn(&Self, &Mutant) -> String) {
        // The operands of such an expression are no expressions of their own.
        if has_let(expression) {
            return;
        }
        let Some(mutants) = self.places.remove(&(genre, part)) else { return };
        let instead = mutants.into_iter().map(|mutant| (mutant.number, with(self, mutant))).collect();
        self.choices.push(Choice {
            range: self.lines.range(expression),
            shape: Shape::Expression,
            instead,
            arms: Vec::new(),
        });
    }

    /// What stands for an expression when a mutant changes what it says it changes.
    fn changed(&self, expression: &Expr, mutant: &Mutant) -> String {
        let part = self.lines.offset(mutant.start)..self.lines.offset(mutant.end);
        replaced(self.source, &self.lines.range(expression), &part, &mutant.replacement)
    }

    fn body(&mut self, block: &Block) {
        // The statements of a body begin behind its brace and what is white; an empty body has no mutants.
        let Some(first) = block.stmts.first() else { return };
        let range = self.lines.range(first).start..self.lines.range(block).end - 1;
        if let Some(mutants) = self.places.remove(&(Genre::Body, range.start)) {
            let (empty, others): (Vec<_>, Vec<_>) = mutants
                .into_iter()
                .map(|mutant| (mutant.number, mutant.replacement.clone()))
                .partition(|(_, by)| by == EMPTY);
            for (shape, instead) in [(Shape::Returns, others), (Shape::Empties, empty)] {
                if !instead.is_empty() {
                    self.choices.push(Choice { range: range.clone(), shape, instead, arms: Vec::new() });
                }
            }
        }
    }

    /// Makes a function one that is not `const`.
    fn signature(&mut self, signature: &Signature) {
        if let Some(token) = &signature.constness
            && !self.constant.contains(&signature.ident.to_string())
        {
            self.without.push(self.lines.range(token));
        }
    }

    fn finish(self) -> Woven {
        let mut woven =
            Woven { without: self.places.into_values().flatten().map(|m| m.number).collect(), ..Woven::default() };
        // What is inserted where. Ends come before beginnings, inner ends before outer ones, outer beginnings before inner.
        let mut cuts: Vec<(usize, bool, usize, Cut<'_>)> = Vec::new();
        for (order, (at, number, text)) in self.before.iter().enumerate() {
            cuts.push((*at, true, order, Cut::Text(*number, text)));
        }
        for (order, choice) in self.choices.iter().enumerate() {
            cuts.push((choice.range.start, true, self.before.len() + order, Cut::Begin(choice)));
            cuts.push((choice.range.end, false, usize::MAX - order, Cut::End(choice)));
        }
        for range in &self.without {
            cuts.push((range.start, true, 0, Cut::Without(range.end)));
        }
        cuts.sort_by_key(|(at, begins, order, _)| (*at, *begins, *order));
        let mut open: Vec<usize> = Vec::new();
        let mut done = 0;
        for (at, _, _, cut) in cuts {
            woven.text.push_str(self.source.get(done..at).unwrap_or_default());
            done = at;
            let start = woven.text.len();
            match cut {
                Cut::Text(number, text) => {
                    woven.text.push_str(text);
                    woven.pieces.push((start..woven.text.len(), number));
                }
                Cut::Without(end) => done = end,
                Cut::Begin(choice) => {
                    open.push(start);
                    woven.text.push_str(if choice.shape == Shape::Expression { "(" } else { "" });
                    for (number, instead) in &choice.instead {
                        let start = woven.text.len();
                        let asked = format!("if crate::mutant_switch::on({number})");
                        let text = match choice.shape {
                            Shape::Expression => format!("{asked} {{ {instead} }} else "),
                            Shape::Returns => format!("{asked} {{ return {instead}; }} "),
                            Shape::Empties => format!("let taken = {asked} {{ 0 }} else {{ usize::MAX }}; "),
                        };
                        woven.text.push_str(&text);
                        woven.pieces.push((start..woven.text.len(), *number));
                    }
                    woven.text.push_str(match choice.shape {
                        Shape::Expression => "{ ",
                        Shape::Returns => "",
                        Shape::Empties => "let all = { ",
                    });
                }
                Cut::End(choice) => {
                    woven.text.push_str(match choice.shape {
                        Shape::Expression => " })",
                        Shape::Returns => "",
                        Shape::Empties => " }; ::core::iter::Iterator::take(all, taken) ",
                    });
                    if let Some(start) = open.pop() {
                        let numbers =
                            choice.instead.iter().map(|(number, _)| number).chain(&choice.arms).copied().collect();
                        woven.regions.push((start..woven.text.len(), numbers));
                    }
                }
            }
        }
        woven.text.push_str(self.source.get(done..).unwrap_or_default());
        woven
    }
}

enum Cut<'c> {
    Text(u32, &'c str),
    /// Up to this byte.
    Without(usize),
    Begin(&'c Choice),
    End(&'c Choice),
}

/// Whether an expression is part of a chain of `let`s, as in `if let Some(x) = y && x > 1`.
fn has_let(expression: &Expr) -> bool {
    match expression {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Weaver<'_, '_> {
    fn visit_expr(&mut self, expression: &'ast Expr) {
        match expression {
            Expr::Binary(ExprBinary { op, .. }) => {
                let part = self.lines.range(op).start;
                self.choose(Genre::Binary, expression, part, |weaver, mutant| weaver.changed(expression, mutant));
            }
            Expr::Unary(ExprUnary { op, .. }) => {
                let part = self.lines.range(op).start;
                self.choose(Genre::Unary, expression, part, |weaver, mutant| weaver.changed(expression, mutant));
            }
            Expr::Struct(ExprStruct { fields, .. }) => {
                for field in fields {
                    let range = self.lines.range(field);
                    self.choose(Genre::Field, expression, range.start, |weaver, mutant| {
                        // The comma goes with the field.
                        let rest = weaver.source.get(range.end..).unwrap_or_default();
                        let comma = rest.len() - rest.trim_start().strip_prefix(',').unwrap_or(rest).len();
                        let part = range.start..range.end + comma;
                        replaced(weaver.source, &weaver.lines.range(expression), &part, &mutant.replacement)
                    });
                }
            }
            Expr::Match(ExprMatch { arms, .. }) => {
                let starts = arms.iter().map(|arm| self.lines.range(arm).start);
                let deleted = starts.filter_map(|start| self.places.get(&(Genre::Arm, start)));
                let deleted: Vec<u32> = deleted.flatten().map(|mutant| mutant.number).collect();
                if !deleted.is_empty() {
                    let range = self.lines.range(expression);
                    self.choices.push(Choice { range, shape: Shape::Returns, instead: Vec::new(), arms: deleted });
                }
                for arm in arms {
                    self.arm(arm);
                }
            }
            _ => {}
        }
        visit::visit_expr(self, expression);
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.signature(&function.sig);
        self.body(&function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.signature(&function.sig);
        self.body(&function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(block) = &function.default {
            self.body(block);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

impl Weaver<'_, '_> {
    /// An arm that is deleted gets a guard; `cargo mutants` deletes only where another arm takes everything.
    fn arm(&mut self, arm: &Arm) {
        let start = self.lines.range(arm).start;
        if let Some((_, guard)) = &arm.guard {
            let part = self.lines.range(guard).start;
            self.choose(Genre::Guard, guard, part, |_, mutant| mutant.replacement.clone());
        }
        for mutant in self.places.remove(&(Genre::Arm, start)).unwrap_or_default() {
            match &arm.guard {
                None => {
                    let at = self.lines.range(&arm.pat).end;
                    self.before.push((at, mutant.number, format!(" if !crate::mutant_switch::on({})", mutant.number)));
                }
                Some((_, guard)) if !has_let(guard) => {
                    let instead = vec![(mutant.number, "false".to_owned())];
                    self.choices.push(Choice {
                        range: self.lines.range(guard),
                        shape: Shape::Expression,
                        instead,
                        arms: Vec::new(),
                    });
                }
                Some(_) => {
                    self.places.entry((Genre::Arm, start)).or_default().push(mutant);
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mutant of the first place where `what` stands in the source.
    fn at(source: &str, genre: Genre, number: u32, what: &str, replacement: &str) -> Mutant {
        let place = |at: usize| {
            let before = &source[..at];
            let line = before.rfind('\n').map_or(0, |end| end + 1);
            (before.matches('\n').count() + 1, before[line..].chars().count() + 1)
        };
        let start = source.find(what).unwrap();
        Mutant {
            number,
            file: String::new(),
            name: String::new(),
            identity: String::new(),
            genre,
            replacement: replacement.into(),
            start: place(start),
            end: place(start + what.len()),
        }
    }

    fn woven(source: &str, mutants: &[Mutant]) -> Woven {
        let woven = weave(source, &mutants.iter().collect::<Vec<_>>(), &BTreeSet::from(["kept".to_owned()])).unwrap();
        assert!(syn::parse_file(&woven.text).is_ok(), "{}", woven.text);
        woven
    }

    #[test]
    fn operators_stand_in_a_choice_and_operands_in_the_last_branch() {
        let source = "fn f() { a + b == c }";
        let mutants = [at(source, Genre::Binary, 1, "==", "!="), at(source, Genre::Binary, 2, "+", "-")];
        assert_eq!(
            woven(source, &mutants).text,
            "fn f() { (if crate::mutant_switch::on(1) { a + b  !=  c } else { (if crate::mutant_switch::on(2) { a  -  b } else { a + b }) == c }) }"
        );
    }

    #[test]
    fn mutants_of_one_place_share_a_choice() {
        let source = "fn f() { a < b }";
        let mutants = [at(source, Genre::Binary, 1, "<", ">"), at(source, Genre::Binary, 2, "<", "==")];
        let text = woven(source, &mutants).text;
        assert!(
            text.contains("on(1) { a  >  b } else if crate::mutant_switch::on(2) { a  ==  b } else { a < b }"),
            "{text}"
        );
    }

    #[test]
    fn bodies_return_and_arms_get_a_guard() {
        let source = "fn f(a: u8) -> bool {\n    // \u{fc}\n    match a { 1 => g(), 2 if !h() => false, _ => true }\n}";
        let mutants = [
            at(source, Genre::Body, 1, "match a { 1 => g(), 2 if !h() => false, _ => true }", "false"),
            at(source, Genre::Arm, 2, "1 => g(),", ""),
            at(source, Genre::Arm, 3, "2 if !h() => false,", ""),
            at(source, Genre::Guard, 4, "!h()", "true"),
            at(source, Genre::Unary, 5, "!", ""),
        ];
        let text = woven(source, &mutants).text;
        assert!(text.contains("if crate::mutant_switch::on(1) { return false; } match a"), "{text}");
        assert!(text.contains("1 if !crate::mutant_switch::on(2) => g()"), "{text}");
        let guard = "2 if (if crate::mutant_switch::on(4) { true } else { (if crate::mutant_switch::on(3) { false } else { \
            (if crate::mutant_switch::on(5) {   h() } else { !h() }) }) }) => false";
        assert!(text.contains(guard), "{text}");
    }

    #[test]
    fn a_field_goes_with_its_comma() {
        let source = "fn f() { S { a: 1, ..g() } }";
        let text = woven(source, &[at(source, Genre::Field, 1, "a: 1,", "")]).text;
        assert!(text.contains("on(1) { S {    ..g() } } else { S { a: 1, ..g() } }"), "{text}");
        assert_eq!(mutated(source, &at(source, Genre::Field, 1, "a: 1,", "")), "fn f() { S {    ..g() } }");
    }

    #[test]
    fn constant_functions_are_no_longer_unless_they_must() {
        let source = "pub const fn f() -> u8 { a + b }\nconst fn kept() {}\nimpl S { pub(crate) const fn g() {} }";
        let text = woven(source, &[at(source, Genre::Binary, 1, "+", "-")]).text;
        let expected = "pub  fn f() -> u8 { (if crate::mutant_switch::on(1) { a  -  b } else { a + b }) }\n\
            const fn kept() {}\nimpl S { pub(crate)  fn g() {} }";
        assert_eq!(text, expected);
    }

    #[test]
    fn some_iterator_gives_nothing() {
        let source = "fn f() -> impl Iterator { let a = b; a.c() }";
        let text = woven(source, &[at(source, Genre::Body, 1, "let a = b; a.c()", EMPTY)]).text;
        let expected = "fn f() -> impl Iterator { let taken = if crate::mutant_switch::on(1) { 0 } else { usize::MAX }; \
            let all = { let a = b; a.c()  }; ::core::iter::Iterator::take(all, taken) }";
        assert_eq!(text, expected);
    }

    #[test]
    fn chains_of_lets_and_places_that_are_not_found_are_left() {
        let source = "fn f() { if let A = b && c == d {} m!(e != f); }";
        let mutants = [
            at(source, Genre::Binary, 1, "&&", "||"),
            at(source, Genre::Binary, 2, "==", "!="),
            at(source, Genre::Binary, 3, "!=", "=="),
        ];
        let woven = woven(source, &mutants);
        assert_eq!(woven.without, [1, 3]);
        assert!(woven.text.contains("b && (if crate::mutant_switch::on(2)"), "{}", woven.text);
    }

    #[test]
    fn deleted_arms_are_guilty_of_a_match_without_an_answer() {
        let source = "fn f() { match a { A => b, B => c } }";
        let woven = woven(source, &[at(source, Genre::Arm, 1, "A => b,", "")]);
        let start = woven.text.find("a {").unwrap();
        assert_eq!(woven.guilty(&(start..start + 1)), (vec![1], false));
    }

    #[test]
    fn who_is_guilty_of_an_error() {
        let source = "fn f() { a + b == c }";
        let mutants = [at(source, Genre::Binary, 1, "==", "!="), at(source, Genre::Binary, 2, "+", "-")];
        let mut mutants = Vec::from(mutants);
        mutants.push(at(source, Genre::Body, 3, "a + b == c", "d"));
        let woven = woven(source, &mutants);
        let bytes = |what: &str| {
            let start = woven.text.find(what).unwrap();
            start..start + what.len()
        };
        assert_eq!(woven.guilty(&bytes("a + b  !=  c")), (vec![1], true));
        assert_eq!(woven.guilty(&bytes("crate::mutant_switch::on(2)")), (vec![2], true));
        assert_eq!(woven.guilty(&bytes("== c")), (vec![1], false));
        assert_eq!(woven.guilty(&bytes("return d")), (vec![3], true));
        let body = bytes("if crate::mutant_switch::on(3)").start..woven.text.len() - 1;
        assert_eq!(woven.guilty(&body), (vec![3], false));
        assert_eq!(woven.guilty(&bytes("fn")), (vec![], false));
    }
}
