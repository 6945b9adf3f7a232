//! One connection: statements whose types are known only at run time, answers as plain values, COPY.

use super::encode::{decode, encode};
use super::{Address, ServerError};
use crate::schema::Type;
use crate::value::Value;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgCopyIn, PgRow, PgTypeInfo, PgTypeKind, PgValueFormat};
use sqlx::{
    Arguments as _, AssertSqlSafe, Column as _, ConnectOptions as _, Connection as _, Either, Encode, Executor as _,
    PgConnection, Row as _, SqlSafeStr as _, Statement as _, TypeInfo as _, ValueRef as _,
};
use std::sync::Arc;
use tokio_stream::StreamExt as _;

/// A connection with the backend that serves it.
pub struct Session {
    connection: PgConnection,
    pid: i32,
}

/// A statement that the server has parsed.
#[derive(Clone, Debug)]
pub struct Prepared {
    sql: Arc<str>,
    infos: Vec<PgTypeInfo>,
    /// The types of its parameters, as the server infers them.
    pub parameters: Vec<Type>,
    /// Names and types of the columns that it returns.
    pub columns: Vec<(String, Type)>,
}

/// How much of an answer is kept; the rest is counted and forgotten while it streams in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Only the number of rows.
    Nothing,
    /// The number of rows and of their bytes.
    Size,
    /// All rows.
    Rows,
}

/// A row, in the order of the columns.
pub type Row = Vec<Value<'static>>;

/// What a statement answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Names of the columns, where rows are kept.
    pub columns: Vec<String>,
    /// The rows, where they are kept.
    pub kept: Vec<Row>,
    /// Rows returned.
    pub returned: u64,
    /// Rows returned or changed, as the command tag says.
    pub affected: u64,
    /// Bytes of the fields, unless nothing is kept.
    pub bytes: u64,
}

impl Session {
    /// Connects. The `application_name` says whom the session works for.
    pub async fn open(address: &Address, application: &str) -> Result<Self, ServerError> {
        let options = address.0.clone().application_name(application);
        // Boxed, for its state is larger than all else that a task which may have to reconnect holds.
        let mut connection = Box::pin(options.connect()).await?;
        let row = sqlx::query("SELECT pg_backend_pid()").persistent(false).fetch_one(&mut connection).await?;
        let pid = row.try_get::<i32, _>(0)?;
        Ok(Self { connection, pid })
    }

    /// The process id of the backend.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Runs text of any number of statements by the simple protocol; gives the rows affected by all together.
    pub async fn batch(&mut self, sql: &str) -> Result<u64, ServerError> {
        Ok(self.connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await?.rows_affected())
    }

    /// Runs one statement of the harness and gives its rows.
    pub async fn rows(&mut self, sql: &str, arguments: &[Value<'_>]) -> Result<Vec<Row>, ServerError> {
        let prepared = self.prepare(sql).await?;
        Ok(self.run(&prepared, arguments, Keep::Rows).await?.kept)
    }

    /// Has the server parse a statement; it stays prepared on this connection.
    pub async fn prepare(&mut self, sql: &str) -> Result<Prepared, ServerError> {
        let statement = (&mut self.connection).prepare(AssertSqlSafe(sql).into_sql_str()).await?;
        let infos = match statement.parameters() {
            Some(Either::Left(infos)) => infos.to_vec(),
            _ => Vec::new(),
        };
        let parameters = infos.iter().map(type_of).collect();
        let columns =
            statement.columns().iter().map(|each| (each.name().to_owned(), type_of(each.type_info()))).collect();
        Ok(Prepared { sql: sql.into(), infos, parameters, columns })
    }

    /// Runs a prepared statement by the extended protocol.
    pub async fn run(
        &mut self,
        prepared: &Prepared,
        arguments: &[Value<'_>],
        keep: Keep,
    ) -> Result<Answer, ServerError> {
        self.extended(prepared, arguments, keep, true).await
    }

    /// Runs a statement by the extended protocol, parsed anew for this one time.
    pub async fn run_once(
        &mut self,
        prepared: &Prepared,
        arguments: &[Value<'_>],
        keep: Keep,
    ) -> Result<Answer, ServerError> {
        self.extended(prepared, arguments, keep, false).await
    }

    async fn extended(
        &mut self,
        prepared: &Prepared,
        arguments: &[Value<'_>],
        keep: Keep,
        persistent: bool,
    ) -> Result<Answer, ServerError> {
        let mut encoded = PgArguments::default();
        encoded.reserve(arguments.len(), 16 * arguments.len());
        let wanted = prepared.infos.iter().zip(&prepared.parameters);
        for (value, (info, data_type)) in arguments.iter().zip(wanted) {
            encoded.add(Argument { value, info, data_type }).map_err(sqlx::Error::Encode)?;
        }
        let query = sqlx::query_with(AssertSqlSafe(Arc::clone(&prepared.sql)), encoded).persistent(persistent);
        let mut stream = (&mut self.connection).fetch_many(query);
        let mut answer = Answer::default();
        if keep == Keep::Rows {
            answer.columns = prepared.columns.iter().map(|(name, _)| name.clone()).collect();
        }
        while let Some(part) = stream.next().await {
            match part? {
                Either::Left(done) => answer.affected += done.rows_affected(),
                Either::Right(row) => {
                    answer.returned += 1;
                    if keep != Keep::Nothing {
                        answer.bytes += bytes(&row)?;
                    }
                    if keep == Keep::Rows {
                        answer.kept.push(values(&row)?);
                    }
                }
            }
        }
        Ok(answer)
    }

    /// Runs one statement by the simple protocol.
    pub async fn run_simple(&mut self, sql: &str, keep: Keep) -> Result<Answer, ServerError> {
        let mut stream = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_many(&mut self.connection);
        let mut answer = Answer::default();
        while let Some(part) = stream.next().await {
            match part? {
                Either::Left(done) => answer.affected += done.rows_affected(),
                Either::Right(row) => {
                    answer.returned += 1;
                    if keep != Keep::Nothing {
                        answer.bytes += bytes(&row)?;
                    }
                    if keep == Keep::Rows {
                        if answer.columns.is_empty() {
                            answer.columns = row.columns().iter().map(|each| each.name().to_owned()).collect();
                        }
                        answer.kept.push(values(&row)?);
                    }
                }
            }
        }
        Ok(answer)
    }

    /// Begins `COPY … FROM STDIN`.
    pub async fn copy_in(&mut self, sql: &str) -> Result<CopyIn<'_>, ServerError> {
        Ok(CopyIn(self.connection.copy_in_raw(sql).await?))
    }

    /// Forgets all prepared statements of this connection.
    pub async fn forget_statements(&mut self) -> Result<(), ServerError> {
        Ok(self.connection.clear_cached_statements().await?)
    }

    /// Says good-bye to the server.
    pub async fn close(self) -> Result<(), ServerError> {
        Ok(self.connection.close().await?)
    }
}

/// A COPY under way. Dropped without [`CopyIn::finish`], it is undone by the server.
pub struct CopyIn<'a>(PgCopyIn<&'a mut PgConnection>);

impl CopyIn<'_> {
    /// Sends a piece; pieces may end anywhere.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), ServerError> {
        self.0.send(bytes).await?;
        Ok(())
    }

    /// Ends it and gives the number of rows.
    pub async fn finish(self) -> Result<u64, ServerError> {
        Ok(self.0.finish().await?)
    }
}

/// A value on its way to a parameter of known type.
struct Argument<'a> {
    value: &'a Value<'a>,
    info: &'a PgTypeInfo,
    data_type: &'a Type,
}

impl Encode<'_, sqlx::Postgres> for Argument<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        Ok(match encode(self.value, self.data_type, buffer)? {
            true => sqlx::encode::IsNull::No,
            false => sqlx::encode::IsNull::Yes,
        })
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(self.info.clone())
    }
}

impl sqlx::Type<sqlx::Postgres> for Argument<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("unknown")
    }
}

fn values(row: &PgRow) -> Result<Row, sqlx::Error> {
    (0..row.len())
        .map(|place| {
            let field = row.try_get_raw(place)?;
            if field.is_null() {
                return Ok(Value::Null);
            }
            let bytes = field.as_bytes().map_err(sqlx::Error::Decode)?;
            let text = || Value::Text(String::from_utf8_lossy(bytes).into_owned().into());
            Ok(match field.format() {
                PgValueFormat::Binary => decode(bytes, &type_of(&field.type_info())).unwrap_or_else(text),
                PgValueFormat::Text => text(),
            })
        })
        .collect()
}

fn bytes(row: &PgRow) -> Result<u64, sqlx::Error> {
    let size = |place| {
        let field = row.try_get_raw(place)?;
        // NULL has none.
        Ok(if field.is_null() { 0 } else { field.as_bytes().map_err(sqlx::Error::Decode)?.len() as u64 })
    };
    (0..row.len()).map(size).sum()
}

/// What the driver knows of a type, as a plain value.
fn type_of(info: &PgTypeInfo) -> Type {
    match info.kind() {
        PgTypeKind::Enum(labels) => return Type::Enum(labels.to_vec()),
        PgTypeKind::Domain(base) => return type_of(base),
        PgTypeKind::Array(element) => {
            let oid = element.oid().map_or(0, |oid| oid.0);
            return Type::Array { of: Box::new(type_of(element)), oid };
        }
        _ => {}
    }
    match info.name() {
        "BOOL" => Type::Bool,
        "INT2" => Type::Int2,
        "INT4" => Type::Int4,
        "INT8" => Type::Int8,
        "FLOAT4" => Type::Float4,
        "FLOAT8" => Type::Float8,
        "NUMERIC" => Type::Numeric { precision: None, scale: 0 },
        "TEXT" | "VARCHAR" | "CHAR" | "NAME" | "UNKNOWN" | "citext" => Type::Text,
        "BYTEA" => Type::Bytes,
        "TIMESTAMP" => Type::Timestamp { zoned: false },
        "TIMESTAMPTZ" => Type::Timestamp { zoned: true },
        "DATE" => Type::Date,
        "TIME" => Type::Time,
        "INTERVAL" => Type::Interval,
        "UUID" => Type::Uuid,
        "JSON" => Type::Json { binary: false },
        "JSONB" => Type::Json { binary: true },
        "INET" | "CIDR" => Type::Inet,
        name => Type::Other(name.to_owned()),
    }
}
