"""What tests share; documented like the product."""
