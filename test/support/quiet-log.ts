// Imported before what logs: the request log is looked at by a test of its own.
process.env.POWERTOOLS_LOG_LEVEL = 'SILENT'
