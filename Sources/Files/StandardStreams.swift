internal import CPellucidFiles

/// Standard input, output and error.
public enum StandardStreams {
  /// Gives those that the caller closed (`>&-`) a place where writing still fails; for the command-line tool, before anything else.
  ///
  /// Otherwise the next file that is opened takes their number, and gets what is written to them.
  public static func keepClosedOnesApart() { cf_open_closed_streams() }
}
