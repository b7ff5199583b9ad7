internal import PellucidResults

/// Our own JSON value, by a name that the web server's package does not have.
typealias JSON = JSONValue
