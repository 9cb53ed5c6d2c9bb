"""Files in: a partnership workbook, a folder of CSVs or the DfE's downloads, with findings."""
