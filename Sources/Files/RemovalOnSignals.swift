internal import CPellucidFiles

/// What a signal does to files that are being written.
public enum RemovalOnSignals {
  /// Lets signals that end the process remove unfinished files first; for the command-line tool, once at its start.
  ///
  /// SIGINT (Ctrl-C), SIGTERM and SIGHUP remove all temporary files and the folders made for them (see ``FileSet``), then end the
  /// process as they always do; a set that is being committed is finished first. So do the signals of a crash. A file-size limit
  /// (`ulimit -f`) and a pipe that nobody reads become ordinary write errors. Signals that the parent process has switched off (`nohup`) stay off.
  public static func install() { cf_install_signal_handlers() }
}
