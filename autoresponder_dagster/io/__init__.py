"""Where frames and files are kept: the warehouse of daily Parquet files and the deliverables."""
