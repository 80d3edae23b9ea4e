//! What handlers want of a request, refused in the service's own words.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::Service;
use crate::failure::{Failure, Kind};

/// Bytes of a body in JSON at most: names and passwords, no contents.
const JSON_BYTES: usize = 16 * 1024;

/// The account whose token came with the request.
pub struct Holder {
    /// Id of the account.
    pub account: String,
    /// The token itself.
    pub token: String,
}

impl FromRequestParts<Arc<Service>> for Holder {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Failure> {
        let value = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(token) = value.and_then(|value| value.strip_prefix("Bearer ")) else {
            let message = "Log in, and send the token as \"Authorization: Bearer <token>\".";
            return Err(Failure::new(Kind::Unauthorized, "token_missing", message));
        };
        let account = service.accounts.holder_of(token.trim())?;
        Ok(Self { account, token: token.trim().to_owned() })
    }
}

/// A body in JSON.
pub struct Content<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<Service>> for Content<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let bytes = read(body, JSON_BYTES).await?;
        let request = Request::from_parts(parts, Body::from(bytes));
        let Json(content) = Json::<T>::from_request(request, service)
            .await
            .map_err(|rejection: JsonRejection| Failure::invalid("invalid_json", rejection.body_text()))?;
        Ok(Self(content))
    }
}

/// Parts of the path.
pub struct InPath<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Service>> for InPath<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Failure> {
        let Path(value) = Path::from_request_parts(parts, service)
            .await
            .map_err(|rejection: PathRejection| Failure::invalid("invalid_path", rejection.body_text()))?;
        Ok(Self(value))
    }
}

/// What comes after the question mark.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Arc<Service>> for Asked<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Failure> {
        let Query(value) = Query::from_request_parts(parts, service)
            .await
            .map_err(|rejection: QueryRejection| Failure::invalid("invalid_query", rejection.body_text()))?;
        Ok(Self(value))
    }
}

/// A body of so many bytes at most.
pub async fn read(body: Body, most: usize) -> Result<Bytes, Failure> {
    to_bytes(body, most).await.map_err(|error| {
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(inner) = cause {
            if inner.is::<http_body_util::LengthLimitError>() {
                let message = format!("The body is too large: {most} bytes are the most here.");
                return Failure::new(Kind::TooLarge, "body_too_large", message);
            }
            cause = inner.source();
        }
        Failure::invalid("body_incomplete", "The body ended before its end.")
    })
}
