//! Starts the service and ends it when it is told to.

use std::process::ExitCode;

use files::logs;
use files::settings::Settings;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// sysexits.h: the configuration is wrong, starting again will not help.
const EX_CONFIG: u8 = 78;

fn main() -> ExitCode {
    let variables = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
    let settings = match Settings::read(variables) {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("files cannot start, its settings are wrong:\n{error}");
            return ExitCode::from(EX_CONFIG);
        }
    };
    logs::set_level(settings.level);
    let result = tokio::runtime::Builder::new_multi_thread().enable_all().build().map(|runtime| {
        runtime.block_on(serve(&settings)).inspect_err(|error| {
            logs::error("files", "cannot serve", &[("cause", error.to_string().into())]);
        })
    });
    match result {
        Ok(Ok(())) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

async fn serve(settings: &Settings) -> Result<(), Box<dyn std::error::Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let service = files::service(settings).await?;
    let listener = TcpListener::bind(settings.address).await.map_err(|error| {
        format!("cannot listen on {}: {error}. Free it, or set FILES_ADDRESS and FILES_PORT.", settings.address)
    })?;
    let store = settings.data_dir.as_ref().map_or("memory".to_owned(), |folder| folder.display().to_string());
    logs::info(
        "files",
        "listening",
        &[
            ("address", settings.address.to_string().into()),
            ("store", store.into()),
            ("load", settings.load.rate.into()),
        ],
    );
    let stop = async {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        logs::info("files", "stopping", &[("signal", name.into())]);
    };
    let whole = files::run(settings, service, listener, stop).await?;
    if !whole {
        logs::warning("files", "requests were cut off", &[("seconds", settings.stop.as_secs().into())]);
    }
    logs::info("files", "stopped", &[]);
    Ok(())
}
