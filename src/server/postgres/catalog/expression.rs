//! A reader of expressions in the form in which PostgreSQL prints them: as much of SQL as checks are made of.

use std::iter::Peekable;
use std::vec::IntoIter;

/// A printed expression, casts taken off.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    /// A column, or VALUE in a domain.
    Name(String),
    /// A string or a number, as text.
    Literal(String),
    /// `ARRAY[…]`
    Array(Vec<Expression>),
    /// `ANY (…)`
    Any(Box<Expression>),
    /// `length(name)`
    Call(String, Vec<Expression>),
    /// `a IS NULL`
    IsNull(Box<Expression>),
    /// `a IS NOT NULL`
    NotNull(Box<Expression>),
    /// `a > b`, `a AND b`
    Binary(String, Box<Expression>, Box<Expression>),
}

/// The first expression of the text; `None` where it is none of these.
pub(super) fn parse(text: &str) -> Option<Expression> {
    Parser(tokens(text)?.into_iter().peekable()).expression()
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A bare word, keyword or not.
    Word(String),
    /// `"Quoted"`, never a keyword.
    Quoted(String),
    /// A string or a number.
    Literal(String),
    /// `(`, `)`, `[`, `]`, `,`, `::` or any operator.
    Sign(String),
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '\'' => quoted(rest, '\'').map(|(text, length)| (Token::Literal(text), length))?,
            '"' => quoted(rest, '"').map(|(text, length)| (Token::Quoted(text), length))?,
            '0'..='9' => {
                let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
                (Token::Literal(rest[..length].to_owned()), length)
            }
            c if c.is_alphabetic() || c == '_' => {
                let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').unwrap_or(rest.len());
                (Token::Word(rest[..length].to_owned()), length)
            }
            '(' | ')' | '[' | ']' | ',' | '.' => (Token::Sign(first.to_string()), 1),
            _ => {
                let length = rest.find(|c: char| !"+-*/<>=~!@#%^&|`?:".contains(c)).unwrap_or(rest.len());
                (Token::Sign(rest[..length].to_owned()), length.max(first.len_utf8()))
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Some(tokens)
}

/// Text between two quotes, doubled ones undone, and how many bytes it took.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut found = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        match c == quote {
            true if characters.peek().is_some_and(|(_, next)| *next == quote) => {
                characters.next();
                found.push(quote);
            }
            true => return Some((found, at + quote.len_utf8())),
            false => found.push(c),
        }
    }
    None
}

struct Parser(Peekable<IntoIter<Token>>);

impl Parser {
    /// Operands with operators of one rank between them: the server sets parentheses wherever ranks differ.
    fn expression(&mut self) -> Option<Expression> {
        let mut left = self.operand()?;
        loop {
            left = match self.0.peek() {
                Some(Token::Word(word)) if word == "IS" => self.null_test(left)?,
                Some(Token::Word(word)) if word == "AND" || word == "OR" => self.binary(left)?,
                Some(Token::Sign(sign)) if !matches!(sign.as_str(), ")" | "]" | ",") => self.binary(left)?,
                _ => return Some(left),
            };
        }
    }

    fn binary(&mut self, left: Expression) -> Option<Expression> {
        let (Token::Word(operator) | Token::Sign(operator)) = self.0.next()? else { return None };
        let right = self.operand()?;
        Some(Expression::Binary(operator, Box::new(left), Box::new(right)))
    }

    fn null_test(&mut self, tested: Expression) -> Option<Expression> {
        self.expect_word("IS")?;
        let not = self.0.next_if_eq(&Token::Word("NOT".to_owned())).is_some();
        self.expect_word("NULL")?;
        let tested = Box::new(tested);
        Some(if not { Expression::NotNull(tested) } else { Expression::IsNull(tested) })
    }

    fn operand(&mut self) -> Option<Expression> {
        let found = match self.0.next()? {
            Token::Literal(text) => Expression::Literal(text),
            Token::Quoted(name) => Expression::Name(name),
            Token::Sign(sign) if sign == "(" => {
                let inner = self.expression()?;
                self.expect_sign(")")?;
                inner
            }
            Token::Sign(sign) if sign == "-" => match self.operand()? {
                Expression::Literal(number) => Expression::Literal(format!("-{number}")),
                _ => return None,
            },
            Token::Sign(_) => return None,
            Token::Word(word) => self.word(word)?,
        };
        self.skip_casts()?;
        Some(found)
    }

    fn word(&mut self, word: String) -> Option<Expression> {
        let opens = |parser: &mut Self, sign: &str| parser.0.next_if_eq(&Token::Sign(sign.to_owned())).is_some();
        Some(match word.as_str() {
            "ARRAY" if opens(self, "[") => Expression::Array(self.list("]")?),
            "ANY" if opens(self, "(") => {
                let list = self.expression()?;
                self.expect_sign(")")?;
                Expression::Any(Box::new(list))
            }
            "CASE" | "NOT" | "ROW" | "ALL" | "EXISTS" => return None,
            _ if opens(self, "(") => Expression::Call(word, self.list(")")?),
            _ => Expression::Name(word),
        })
    }

    fn list(&mut self, end: &str) -> Option<Vec<Expression>> {
        let mut items = Vec::new();
        loop {
            if items.is_empty() && self.0.next_if_eq(&Token::Sign(end.to_owned())).is_some() {
                return Some(items);
            }
            items.push(self.expression()?);
            match self.0.next()? {
                Token::Sign(sign) if sign == end => return Some(items),
                Token::Sign(sign) if sign == "," => {}
                _ => return None,
            }
        }
    }

    /// `::character varying(40)[]`: whatever a value is cast to, it is what it was for our purposes.
    fn skip_casts(&mut self) -> Option<()> {
        const MORE: [&str; 6] = ["varying", "precision", "with", "without", "time", "zone"];
        while self.0.next_if_eq(&Token::Sign("::".to_owned())).is_some() {
            self.0.next()?;
            while self.0.next_if(|token| matches!(token, Token::Word(word) if MORE.contains(&word.as_str()))).is_some()
            {
            }
            while self.0.next_if_eq(&Token::Sign(".".to_owned())).is_some() {
                self.0.next()?;
            }
            if self.0.next_if_eq(&Token::Sign("(".to_owned())).is_some() {
                self.list(")")?;
            }
            while self.0.next_if_eq(&Token::Sign("[".to_owned())).is_some() {
                self.expect_sign("]")?;
            }
        }
        Some(())
    }

    fn expect_word(&mut self, word: &str) -> Option<()> {
        self.0.next_if_eq(&Token::Word(word.to_owned())).map(|_| ())
    }

    fn expect_sign(&mut self, sign: &str) -> Option<()> {
        self.0.next_if_eq(&Token::Sign(sign.to_owned())).map(|_| ())
    }
}
